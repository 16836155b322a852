"""Senders that have to stop: for the windows of a stream and of a connection, and for streams.

ngtcp2's server takes 16 kB of a stream before it says more, and its client posts 60 kB; then it
takes two streams at a time, and its client has six requests; last the client takes 6 kB of a
stream and 10 kB of the connection, and asks for two pictures.
"""

from labkit import quic

NARROW_PORT, FEW_PORT = 4433, 4434
FIXED = ["--max-window=0", "--max-stream-window=0"]


def talk(scene):
    site = scene.folder / "sites" / f"{quic.NGTCP2_HOST}-tls"
    cargo = scene.folder / "cargo"
    cargo.write_bytes(b"0123456789abcdef" * 3750)
    for port, options in ((NARROW_PORT, ["--max-stream-data-bidi-remote=16K", *FIXED]),
                          (FEW_PORT, ["--max-streams-bidi=2"])):
        quic.ngtcp2_server(scene.network, scene.authority, quic.NGTCP2_HOST, site, *options,
                           port=port)
    quic.ngtcp2_client(scene, "a narrow stream", "/index.html", port=NARROW_PORT,
                       options=["--http-method=POST", f"--data={cargo}"])
    quic.ngtcp2_client(scene, "two streams at a time", *["/fog.png"] * 6, port=FEW_PORT)
    quic.ngtcp2_client(scene, "a narrow connection", "/lamp.png", "/fog.png", options=[
        "--max-data=10K", "--max-stream-data-bidi-local=6K", *FIXED])
