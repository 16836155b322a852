"""One picture over one connection, of which one segment is lost on its way.

The second full segment from the server never reaches the client; those behind it do, so the client
tells of the hole and the server sends the segment again at once. Nothing else goes wrong: what the
loss cost is the whole time between the hole and that one retransmission.
"""

CONDITIONS = {"wire": {"delay_ms": 20, "lose_large": 2}}


def visit(stage):
    tab = stage.browser.tab()
    tab.open("http://www.slow.test/after.html")
    tab.wait_quiet()
