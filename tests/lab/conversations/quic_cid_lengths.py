"""Connection IDs of no length, on one side and on both, and the longest there are.

A packet with a short header says nothing of the length of its connection ID: who reads it has to
remember the handshake, and for connection IDs of no length only the addresses tell the connection.
"""

from labkit import quic

EMPTY_PORT, LONG_PORT = 4433, 4434


def talk(scene):
    quic.server(scene.network, scene.authority)
    quic.server(scene.network, scene.authority, port=EMPTY_PORT, cid_length=0)
    quic.server(scene.network, scene.authority, port=LONG_PORT, cid_length=20)
    gets = ["get", "/500"], ["get", "/3000"]
    quic.client(scene, "the client's empty", *gets, cid_length=0)
    quic.client(scene, "both empty", *gets, cid_length=0, port=EMPTY_PORT)
    quic.client(scene, "both of 20 bytes", *gets, cid_length=20, port=LONG_PORT)
