"""A page twice, with its connections closed in between: the second time its sessions are resumed.

`www.inn.test` resumes with TLS 1.3 (a ticket that came after the handshake, offered as a
pre-shared key), `annex.inn.test` with TLS 1.2 (a session ticket, an abbreviated handshake).
Nothing of the page is in the cache. Chromium sends no early data over TCP; the conversation
`early-data` has some.
"""

from labkit.shell import wait_until


def visit(stage):
    tab = stage.browser.tab()
    tab.open("https://www.inn.test/")
    tab.wait_quiet()
    tab.leave()
    wait_until(lambda: not stage.network.open_connections(), "the server to close its connections")
    tab.open("https://www.inn.test/again.html")
    tab.wait_quiet()
