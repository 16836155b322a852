"""One small HTTP/1.1 exchange with each kind of record protection, from TLS 1.0 to TLS 1.3.

TLS 1.3 with all five of its suites; TLS 1.2 with AES-GCM, ChaCha20-Poly1305, AES-CCM and AES-CBC,
the last with encrypt-then-MAC (RFC 7366) and without; RSA key exchange; TLS 1.1 and 1.0.
"""

TLS13 = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
         "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256")
TLS12 = ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
         "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-CCM", "ECDHE-ECDSA-AES256-CCM8")
CBC = ("ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA384")
RSA = ("AES128-GCM-SHA256", "AES256-SHA", "AES256-SHA256")
WEAK = "ALL:@SECLEVEL=0"


def talk(scene):
    for suite in TLS13:
        scene.openssl(f"TLS 1.3 {suite}", "tls.workshop.test", "-tls1_3", "-ciphersuites", suite)
    for suite in TLS12:
        scene.openssl(f"TLS 1.2 {suite}", "tls.workshop.test", "-tls1_2", "-cipher", suite)
    for suite in CBC:
        scene.openssl(f"TLS 1.2 {suite}, encrypt-then-MAC", "tls.workshop.test", "-tls1_2",
                      "-cipher", suite)
        scene.openssl(f"TLS 1.2 {suite}, MAC-then-encrypt", "tls.workshop.test", "-tls1_2",
                      "-cipher", suite, "-no_etm")
    for suite in RSA:
        scene.openssl(f"TLS 1.2 {suite}, RSA key exchange", "rsa.workshop.test", "-tls1_2",
                      "-cipher", suite)
    scene.openssl("TLS 1.1, encrypt-then-MAC", "old.workshop.test", "-tls1_1", "-cipher", WEAK)
    scene.openssl("TLS 1.1, MAC-then-encrypt", "old.workshop.test", "-tls1_1", "-cipher", WEAK,
                  "-no_etm")
    scene.openssl("TLS 1.0, MAC-then-encrypt", "old.workshop.test", "-tls1", "-cipher", WEAK,
                  "-no_etm")
