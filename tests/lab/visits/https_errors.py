"""Handshakes that Chromium ends, each asked for by the script of one page, and one navigation.

A certificate that expired (the browser's alert says no more than `certificate_unknown`), and a
server whose versions the browser no longer speaks. Two more work: a server that asks for another
key share (HelloRetryRequest) and one with a chain of six certificates. How each attempt ended for
the script is listed at the end.
"""

HOSTS = [[f"https://{host}.workshop.test/"] for host in ("p384", "deep", "expired", "old")]


def visit(stage):
    tab = stage.browser.tab()
    tab.open("http://www.trouble.test/")
    tab.wait_load()
    for url, outcome in tab.run(f"together({HOSTS!r})"):
        stage.remark(f"{url}: {outcome}")
    tab.wait_quiet()
    tab.open("https://expired.workshop.test/again")
    tab.wait_failed("https://expired.workshop.test/again")
