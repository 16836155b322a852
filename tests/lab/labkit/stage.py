"""Everything a visit plays on: network, resolver, servers, and then browser and capture."""

import contextlib
import pathlib
import tempfile

from . import resolver, web
from .authority import Authority
from .browser import Chromium
from .network import Network


@contextlib.contextmanager
def servers(conditions):
    """The network with its servers running, and a folder for what they write."""
    with tempfile.TemporaryDirectory(prefix="utlab-") as name:
        folder = pathlib.Path(name)
        with Network(**conditions) as network:
            resolver.start(network, folder)
            authority = Authority(folder)
            web.start(network, folder, authority)
            yield network, folder, authority


class Stage:
    """What a visit's `visit` function is given."""

    def __init__(self, network, folder, authority, quiet):
        self.network, self.folder = network, folder
        self.browser = Chromium(network, folder, authority, quiet)
        self.background = []
        self.remarks = []

    def remark(self, text):
        """Say something in the notes of the fixture."""
        self.remarks.append(text)
