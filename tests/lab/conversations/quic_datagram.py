"""DATAGRAM frames (RFC 9221): bare ones, and those of a WebTransport session over HTTP/3.

In the first conversation the application protocol is `talk`, which nobody knows: datagrams go and
come back. In the second a WebTransport session has a datagram (RFC 9297) and a stream.
"""

from labkit import quic

TALK_PORT = 4433


def talk(scene):
    quic.server(scene.network, scene.authority)
    quic.server(scene.network, scene.authority, port=TALK_PORT, alpn=["talk"])
    quic.client(scene, "bare datagrams", ["datagram", "rose"], ["datagram", "tulip"],
                ["datagram", "moss"], port=TALK_PORT, alpn=["talk"])
    quic.client(scene, "WebTransport", ["webtransport", "hello"], webtransport=True)
