"""Everything a visit plays on: network, resolver, servers, and then browser and capture."""

import contextlib
import pathlib
import tempfile

from . import resolver, web
from .browser import Chromium
from .network import Network


@contextlib.contextmanager
def servers(conditions):
    """The network with its servers running, and a folder for what they write."""
    with tempfile.TemporaryDirectory(prefix="utlab-") as name:
        folder = pathlib.Path(name)
        with Network(**conditions) as network:
            resolver.start(network, folder)
            web.start(network, folder)
            yield network, folder


class Stage:
    """What a visit's `visit` function is given."""

    def __init__(self, network, folder, quiet):
        self.network, self.folder = network, folder
        self.browser = Chromium(network, folder, quiet)
        self.background = []
        self.remarks = []

    def remark(self, text):
        """Say something in the notes of the fixture."""
        self.remarks.append(text)
