"""HTTP/3 with key updates (RFC 9001, section 6) between its requests: the key phase bit turns.

aioquic's client updates three times with a request before, between and after, so the last one is
answered under the fourth keys; ngtcp2's client updates once, and then asks.
"""

from labkit import quic


def talk(scene):
    quic.server(scene.network, scene.authority)
    quic.client(scene, "three updates", ["get", "/500"], ["update"], ["get", "/600"], ["update"],
                ["get", "/700"], ["update"], ["get", "/800"])
    quic.ngtcp2_client(scene, "one update, by ngtcp2", "/lamp.png",
                       options=["--key-update=100ms", "--delay-stream=200ms"])
