"""Clients whose address changes below a connection: by a NAT, on purpose, and in both ways.

A rebinding keeps the connection ID, and neither side is asked; who migrates takes another one with
it. The server challenges the new path (PATH_CHALLENGE) before it trusts it. The second conversation
goes to another address of the client, the others to another port only. ngtcp2's client challenges
the new path itself before it goes there.
"""

from labkit import names, quic

AWAY = "192.0.2.3"


def talk(scene):
    scene.network.run("client", "ip", "addr", "add", f"{AWAY}/24", "dev", "c0")
    quic.server(scene.network, scene.authority)
    quic.client(scene, "rebound to another port", ["get", "/500"],
                ["rebind", names.CLIENT4, 50_001], ["get", "/600"])
    quic.client(scene, "migrated to another address", ["get", "/500"], ["migrate", AWAY, 50_002],
                ["get", "/3000"])
    quic.client(scene, "migrated, and rebound after that", ["get", "/500"],
                ["migrate", names.CLIENT4, 50_003], ["get", "/600"],
                ["rebind", names.CLIENT4, 50_004], ["get", "/700"])
    later = ["--change-local-addr=100ms", "--delay-stream=300ms"]
    quic.ngtcp2_client(scene, "migrated, by ngtcp2", "/lamp.png", "/fog.png", options=later)
    quic.ngtcp2_client(scene, "rebound, by ngtcp2", "/lamp.png", "/fog.png",
                       options=[*later, "--nat-rebinding"])
