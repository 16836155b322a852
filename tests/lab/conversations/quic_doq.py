"""Names asked for over QUIC (RFC 9250): two questions over one connection, each on its stream.

The third name does not exist. The resolver is that of the lab, at its own name and port 853.
"""

from labkit import names, quic

NAMES = ("www.seed.test", "static.garden.test", "missing.seed.test")


def talk(scene):
    upstream = names.NAMESERVERS4["plain"]
    quic.server(scene.network, scene.authority, names.RESOLVER, "router", 853, ["doq"],
                upstream=upstream)
    quic.client(scene, "three questions", ["look", *NAMES], host=names.RESOLVER, port=853,
                alpn=["doq"])
