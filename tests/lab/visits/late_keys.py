"""A visit whose keys are in the capture file itself, in one block behind all of its packets.

Who reads the file from front to back meets the packets first. There is no key log beside it.
"""

from labkit import pcapng

CAPTURE = "pcapng"
KEYS_APART = False


def visit(stage):
    tab = stage.browser.tab()
    tab.open("https://www.inn.test/")
    tab.wait_quiet()


def finish(stage, path):
    """Put the key log into the capture."""
    pcapng.append_secrets(path, stage.browser.keylog)
