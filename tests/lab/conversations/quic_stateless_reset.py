"""A server that has forgotten a connection, and says so with a stateless reset.

After the answer to `/forget` the server knows nothing of the connection any more. The next request
is answered with a datagram that looks like any other and ends with the token that the server gave
for the connection ID (RFC 9000, section 10.3); the client falls silent.
"""

from labkit import quic


def talk(scene):
    quic.server(scene.network, scene.authority)
    quic.client(scene, "forgotten", ["get", "/500"], ["get", "/forget"], ["gone", "/600"])
