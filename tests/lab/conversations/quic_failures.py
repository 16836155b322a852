"""Connections and streams that end otherwise than well, each with its reason.

No application protocol in common (the server's alert, in its CONNECTION_CLOSE), an authority that
the client does not trust (the client's alert), an error of the application with words, a connection
that its client leaves without a word; a response that the server breaks off (RESET_STREAM), and a
request that the client gives up (STOP_SENDING).
"""

from labkit import quic


def talk(scene):
    quic.server(scene.network, scene.authority)
    quic.client(scene, "no application protocol in common", alpn=["gopher"], fails=True)
    quic.client(scene, "an authority that is not trusted", fails=True,
                root="/etc/ssl/certs/ca-certificates.crt")
    quic.client(scene, "an error of the application", ["get", "/500"], close_code=0x102,
                close_reason="the keel is broken")
    quic.client(scene, "left without a word", ["get", "/600"], silent=True)
    quic.client(scene, "a response broken off", ["get", "/reset"], ["get", "/700"])
    quic.client(scene, "a request given up", ["cancel", "/800000"], ["get", "/900"])
