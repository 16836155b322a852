"""Everything a visit plays on: network, resolver, servers, and then browser and capture."""

import contextlib
import pathlib
import tempfile
import time

from . import resolver, web
from .authority import Authority
from .browser import Chromium
from .capture import Capture
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

    def __init__(self, network, folder, authority, quiet=True, form="pcap", midway=False,
                 flags=()):
        self.network, self.folder, self.form = network, folder, form
        self.authority = authority
        self.background = []
        self.remarks = []
        self.capture = self.began = None
        if not midway:
            self.begin_capture()
        self.browser = Chromium(network, folder, authority, quiet, flags)

    def begin_capture(self):
        """Begin to capture; a visit that is MIDWAY says itself when."""
        self.network.forget_neighbours()
        self.capture, self.began = Capture(self.network, self.form, self.folder), time.time()

    def remark(self, text):
        """Say something in the notes of the fixture."""
        self.remarks.append(text)
