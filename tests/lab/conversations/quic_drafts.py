"""QUIC as it was on the way: draft 29 of version 1, and a draft of version 2 (0x709a50c4).

Both have salts of their own for their Initial packets. ngtcp2 speaks them with itself, and clears
the fixed bit of its packets at will (RFC 9287), as both sides say that they can bear it.
"""

from labkit import quic


def talk(scene):
    for what, version in (("draft 29", "0xff00001d"), ("a draft of version 2", "v2draft")):
        quic.ngtcp2_client(scene, what, "/index.html", "/lamp.png", "/missing",
                           options=[f"--version={version}"])
