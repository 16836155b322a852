"""A capture that begins in the middle of an HTTP/3 connection, of which the keys are there.

The tab shows a page of `www.harbour.test` already, and its QUIC connection is still open when the
capture begins: no Initial packet tells of connection IDs, versions or ciphers, and which of the
secrets belong to it has to be tried. caddy uses no dynamic QPACK table, so all that the browser
asks for after that can be read, by who tries; `static.harbour.test` is seen from its first packet.
"""

from labkit.browser import force_quic

FLAGS = [force_quic("www.harbour.test:443", "static.harbour.test:443")]
MIDWAY = True
ASK = """(async () => {
  for (const url of ['/css/harbour.css', '/api/crates?count=3',
                     'https://static.harbour.test/img/buoy.png'])
    await (await fetch(url, {cache: 'no-store'})).arrayBuffer();
})()"""


def visit(stage):
    tab = stage.browser.tab()
    tab.open("https://www.harbour.test/plain.html")
    tab.wait_quiet()
    stage.begin_capture()
    tab.run(ASK)
    tab.wait_quiet()
