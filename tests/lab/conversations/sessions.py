"""Sessions that go on: resumed, with early data, with new keys, and negotiated again.

TLS 1.2 by ticket and by session ID, TLS 1.3 by pre-shared key; 0-RTT that the server accepts and
0-RTT that it rejects, as it asks for another key share (HelloRetryRequest); key updates of the
client, one of which asks the server for one too; and TLS 1.2 renegotiated in the middle of a
connection. Chromium does none of the last four over TCP.
"""


def talk(scene):
    for what, options in (("TLS 1.3, pre-shared key", ["-tls1_3"]),
                          ("TLS 1.2, ticket", ["-tls1_2"]),
                          ("TLS 1.2, session ID", ["-tls1_2", "-no_ticket"])):
        kept = scene.folder / "session.pem"
        scene.openssl(f"{what}: first", "tls.workshop.test", *options, "-sess_out", kept)
        scene.openssl(f"{what}: resumed", "tls.workshop.test", *options, "-sess_in", kept)
    early = scene.folder / "early.txt"
    early.write_text("GET /early HTTP/1.1\r\nHost: tls.workshop.test\r\n\r\n")
    for outcome, options in (("accepted", []), ("rejected", ["-groups", "X448:X25519"])):
        kept = scene.folder / f"{outcome}.pem"
        scene.openssl(f"0-RTT {outcome}: first", "tls.workshop.test", "-tls1_3", "-sess_out", kept)
        scene.openssl(f"0-RTT {outcome}", "tls.workshop.test", "-tls1_3", "-sess_in", kept,
                      "-early_data", early, *options, early="/early")
    scene.openssl("key updates", "tls.workshop.test", "-tls1_3", requests=("/", "/", "/", "/"),
                  steps=(None, "k", "K", "k"))
    scene.s_server("again.workshop.test", "-client_renegotiation")
    scene.openssl("renegotiation", "again.workshop.test", "-tls1_2", requests=("/index.html",),
                  steps=("R",))
