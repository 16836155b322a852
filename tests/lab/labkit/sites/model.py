"""What a site is: names, a host, some nginx directives, and a function that writes its files."""

import dataclasses
import typing

OPEN_TO_ALL = 'add_header Access-Control-Allow-Origin "*" always;'
# Hands a path over to the application; its `{application}` is filled in by web.py.
TO_APPLICATION = ("proxy_pass http://{application}; proxy_http_version 1.1; "
                  'proxy_set_header Connection "";')


def nothing(_root):
    """A site without files."""


@dataclasses.dataclass(frozen=True)
class Site:
    """One virtual server of nginx."""

    names: tuple
    host: int
    write: typing.Callable = nothing
    directives: str = ""
