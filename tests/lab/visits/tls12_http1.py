"""A page over HTTP/1.1 and TLS 1.2: one host with AES-GCM and ECDSA, one with AES-CBC and RSA.

`www.cellar.test` has the cipher that browsers like best, `old.cellar.test` only
ECDHE-RSA-AES128-SHA, without encrypt-then-MAC, which Chromium does not know. Both show their
certificates in the clear.
"""


def visit(stage):
    tab = stage.browser.tab()
    tab.open("https://www.cellar.test/")
    tab.wait_quiet()
