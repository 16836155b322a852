"""What a site is: names, a host, some nginx directives, and a function that writes its files."""

import dataclasses
import typing


@dataclasses.dataclass(frozen=True)
class Site:
    """One virtual server of nginx."""

    names: tuple
    host: int
    write: typing.Callable
    directives: str = ""
