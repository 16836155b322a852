"""Clients whose version the server does not speak, and its Version Negotiation packets.

The first client begins with 0x1a2a3a4a, a version kept for this exercise, the second with version 2
at a server that has version 1 only: both are told which there are, and begin again.
"""

from labkit import quic

OLD_PORT = 4433


def talk(scene):
    quic.server(scene.network, scene.authority)
    quic.server(scene.network, scene.authority, port=OLD_PORT, versions=[quic.V1])
    quic.client(scene, "0x1a2a3a4a, then version 1", ["get", "/500"],
                versions=[quic.UNKNOWN, quic.V1])
    quic.client(scene, "version 2, then version 1", ["get", "/600"], versions=[quic.V2, quic.V1],
                port=OLD_PORT)
