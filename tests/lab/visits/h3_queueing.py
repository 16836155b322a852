"""Eight pictures over an HTTP/3 connection whose server takes two requests at a time.

The server's `initial_max_streams_bidi` is 2, and it gives one stream more when one has ended
(MAX_STREAMS): the pictures wait in the browser until it says so. It is ngtcp2's server, at a port
of its own.
"""

from labkit import quic, web
from labkit.browser import force_quic
from labkit.sites import beacon

HOST, PORT = beacon.SITE.names[0], 8443
FLAGS = [force_quic(f"{HOST}:{PORT}")]
CONDITIONS = {"wire": {"delay_ms": 20}}


def visit(stage):
    quic.ngtcp2_server(stage.network, stage.authority, HOST,
                       web.root(stage.folder / "sites", beacon.SITE), "--max-streams-bidi=2",
                       port=PORT)
    tab = stage.browser.tab()
    tab.open(f"https://{HOST}:{PORT}/queue.html")
    tab.wait_quiet()
