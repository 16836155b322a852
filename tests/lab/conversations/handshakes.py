"""Handshakes that go another way than usual, and handshakes that fail, each with its reason.

A HelloRetryRequest (the server knows P-384 only), a certificate of the client (TLS 1.3 and 1.2), a
chain of six certificates; then no version, no cipher suite and no application protocol in common,
a certificate that expired, one for another name, and one of an authority that is not trusted.
"""


def talk(scene):
    mine, key, above = scene.authority.client("Lab Visitor")
    scene.openssl("HelloRetryRequest", "p384.workshop.test", "-tls1_3")
    for version in ("-tls1_3", "-tls1_2"):
        scene.openssl(f"client certificate, {version[1:]}", "member.workshop.test", version,
                      "-cert", mine, "-key", key, "-cert_chain", above)
    scene.openssl("no client certificate", "member.workshop.test", "-tls1_2")
    scene.openssl("a chain of six certificates", "deep.workshop.test", "-tls1_2")
    scene.openssl("a chain of six certificates", "deep.workshop.test", "-tls1_3")
    scene.openssl("no version in common", "old.workshop.test", "-tls1_3", fails=True)
    scene.openssl("no cipher suite in common", "rsa.workshop.test", "-tls1_2", "-cipher",
                  "ECDHE-ECDSA-AES128-SHA", fails=True)
    scene.openssl("no application protocol in common", "tls.workshop.test", "-alpn", "gopher",
                  fails=True)
    scene.openssl("an expired certificate", "expired.workshop.test", fails=True)
    scene.curl("a certificate for another name", "https://tls.workshop.test/", "--connect-to",
               "::expired.workshop.test:", "--tls-max", "1.2", "-k")
    scene.curl("an expired certificate", "https://expired.workshop.test/", fails=60)
    scene.curl("an authority that is not trusted", "https://tls.workshop.test/", "--cacert",
               "/etc/ssl/certs/ca-certificates.crt", fails=60)
