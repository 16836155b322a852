"""QUIC version 2 (RFC 9369): from the first packet on, and negotiated on the way (RFC 9368).

In the second conversation the client begins with version 1 and says that it has 2 too; the server
answers in version 2, and both go on in that, without a packet more. In the third the server has
version 1 only, and a client that would like 2 stays with it.
"""

from labkit import quic

OLD_PORT = 4433


def talk(scene):
    quic.server(scene.network, scene.authority)
    quic.server(scene.network, scene.authority, port=OLD_PORT, versions=[quic.V1])
    quic.client(scene, "version 2", ["get", "/500"], versions=[quic.V2])
    quic.client(scene, "from version 1 to 2", ["get", "/600"], versions=[quic.V2, quic.V1],
                first_version=quic.V1)
    quic.client(scene, "version 1 to the end", ["get", "/700"], versions=[quic.V2, quic.V1],
                first_version=quic.V1, port=OLD_PORT)
