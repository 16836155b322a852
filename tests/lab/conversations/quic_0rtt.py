"""Sessions of QUIC that are resumed: with early data, without, and with early data in vain.

The request of the second connection is in 0-RTT packets, which the server takes; the third resumes
and sends nothing early; the fourth goes to a server that knows nothing of the session, so that its
early data is rejected and asked again after a full handshake.
"""

from labkit import quic

OTHER_PORT = 4433


def talk(scene):
    kept = str(scene.folder / "session")
    quic.server(scene.network, scene.authority)
    quic.server(scene.network, scene.authority, port=OTHER_PORT)
    quic.client(scene, "first", ["get", "/500"], keep=kept)
    quic.client(scene, "0-RTT accepted", ["get", "/600", "/700"], resume=kept)
    quic.client(scene, "resumed, nothing early", ["get", "/800"], resume=kept, early=False)
    quic.client(scene, "0-RTT rejected", ["get", "/900"], resume=kept, port=OTHER_PORT)
