"""What a site is: names, a host, some nginx directives, and a function that writes its files."""

import dataclasses
import typing

OPEN_TO_ALL = 'add_header Access-Control-Allow-Origin "*" always;'
# Hands a path over to the application; its `{application}` is filled in by web.py.
TO_APPLICATION = ("proxy_pass http://{application}; proxy_http_version 1.1; "
                  'proxy_set_header Connection "";')
# Hands a path over to the server for what lasts, with its upgrade.
TO_TALK = ("proxy_pass http://{talk}; proxy_http_version 1.1; proxy_buffering off; "
           "proxy_set_header Upgrade $http_upgrade; "
           "proxy_set_header Connection $http_connection;")


def nothing(_root):
    """A site without files."""


@dataclasses.dataclass(frozen=True)
class Tls:
    """How a site speaks TLS, and what its certificate is like.

    One address has one set of versions and protocols: nginx takes them from the first of its sites.
    """

    versions: str = "TLSv1.2 TLSv1.3"
    http2: bool = True
    key: str = "ec"
    expired: bool = False
    above: int = 0                      # intermediate certificates more than the usual one
    directives: str = ""


@dataclasses.dataclass(frozen=True)
class Site:
    """One virtual server of nginx: on port 80, or with `tls` on port 443."""

    names: tuple
    host: int
    write: typing.Callable = nothing
    directives: str = ""
    tls: Tls | None = None
    listen: str = ""                    # where nginx listens, if not on the site's own address
