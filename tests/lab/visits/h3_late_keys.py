"""A visit over HTTP/3 whose keys are in the capture file itself, behind all of its packets.

Who reads the file from front to back meets the packets first. There is no key log beside it. The
server is ngtcp2's, with a dynamic QPACK table.
"""

from labkit import pcapng
from labkit.browser import force_quic

CAPTURE = "pcapng"
KEYS_APART = False
FLAGS = [force_quic("www.beacon.test:443")]


def visit(stage):
    tab = stage.browser.tab()
    tab.open("https://www.beacon.test/")
    tab.wait_quiet()


def finish(stage, path):
    """Put the key log into the capture."""
    pcapng.append_secrets(path, stage.browser.keylog)
