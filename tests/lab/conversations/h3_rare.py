"""What browsers rarely see of HTTP/3: a push, trailers, an informational response, an upload.

All of it over one connection with a dynamic QPACK table in both directions; then a WebSocket over
HTTP/3 (RFC 9220), with two messages that come back and a close.
"""

from labkit import quic


def talk(scene):
    quic.server(scene.network, scene.authority)
    quic.client(scene, "push, trailers, early hints, upload", ["get", "/push"],
                ["get", "/trailers"], ["get", "/hints"], ["post", "/echo", 5000],
                ["get", "/300", "/400", "/500"])
    quic.client(scene, "WebSocket", ["websocket", "hello", "and again"])
