"""One connection of HTTP/3 with each cipher suite that QUIC is used with.

AES-128-GCM, AES-256-GCM (whose secrets are of SHA-384) and ChaCha20-Poly1305 (whose headers are
protected by ChaCha20), each with a request for 3000 bytes and one for a path that is missing; and
AES-128-CCM between ngtcp2's client and server.
"""

from labkit import quic

SUITES = ("AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256")


def talk(scene):
    quic.server(scene.network, scene.authority)
    for suite in SUITES:
        quic.client(scene, f"TLS_{suite}", ["get", "/3000", "/missing"], cipher=suite)
    quic.ngtcp2_client(scene, "TLS_AES_128_CCM_SHA256", "/lamp.png", options=[
        "--ciphers=NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-CCM"])
