"""A host whose HTTPS record (RFC 9460) says `alpn=h3,h2`: HTTP/3 at first contact.

Chromium asks for the record with its own resolver code, as it does for every https name, beside A.
It was not forced to QUIC: QUIC and TCP race, and on a long way QUIC wins, which needs one round
trip where TCP with TLS needs two. ngtcp2 serves HTTP/3, with a dynamic QPACK table; nginx serves
TCP on the same address.
"""

from labkit.browser import force_quic

# Not forced: port 1 is asked for by nobody. It lets QUIC take the lab's own root.
FLAGS = [force_quic("www.beacon.test:1")]
CONDITIONS = {"wire": {"delay_ms": 40}}


def visit(stage):
    tab = stage.browser.tab()
    tab.open("https://www.beacon.test/")
    tab.wait_quiet()
