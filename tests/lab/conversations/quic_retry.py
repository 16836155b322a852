"""Servers that make sure of the client's address with Retry (RFC 9000, section 8.1.2).

aioquic's client with aioquic's server in version 1 and in version 2, whose Retry packets have other
integrity keys; ngtcp2's client with ngtcp2's server. The keys of what follows come from the
connection ID that Retry gives.
"""

from labkit import quic


NGTCP2_PORT = 4433


def talk(scene):
    quic.server(scene.network, scene.authority, retry=True)
    quic.client(scene, "Retry, version 1", ["get", "/500"], versions=[quic.V1])
    quic.client(scene, "Retry, version 2", ["get", "/600"], versions=[quic.V2])
    site = scene.folder / "sites" / f"{quic.NGTCP2_HOST}-tls"
    quic.ngtcp2_server(scene.network, scene.authority, quic.NGTCP2_HOST, site, "--validate-addr",
                       port=NGTCP2_PORT)
    quic.ngtcp2_client(scene, "Retry, by ngtcp2", "/lamp.png", port=NGTCP2_PORT)
