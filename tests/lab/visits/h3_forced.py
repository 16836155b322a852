"""A page over HTTP/3 on two hosts, to which the browser spoke QUIC from the first packet on.

Chromium was told to (`--origin-to-force-quic-on`), which also lets it take a certificate of the
lab's own root for QUIC. The page has compressed text, a redirect to the other host, a picture that
is missing, one of 30 kB, and a script that posts 2 kB, asks with HEAD, and puts across origins with
a preflight. The last two go over a connection of their own (no credentials), which resumes a
session of `static.harbour.test`: the preflight is early data (0-RTT).
"""

from labkit.browser import force_quic

FLAGS = [force_quic("www.harbour.test:443", "static.harbour.test:443")]


def visit(stage):
    browse(stage.browser.tab())


def browse(tab):
    """Open the page and wait until its script is done; other visits use this too."""
    tab.open("https://www.harbour.test/")
    tab.wait_load()
    tab.run("window.finished")
    tab.wait_quiet()
