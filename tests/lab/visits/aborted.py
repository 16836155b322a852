"""A page that is left while one answer is large, one is silent and one is still thought about.

The load event of the first page never comes.  Its three pending requests end with the connection
being closed or reset by the browser; they have no end of their own on the wire.
"""


def visit(stage):
    tab = stage.browser.tab()
    tab.open("http://www.slow.test/unfinished.html")
    tab.wait_requested("/quick.png", finished=True)
    for path in ("/trickle", "/never", "/think"):
        tab.wait_requested(path)
    tab.wait_received("/trickle", 30_000)
    tab.open("http://www.slow.test/after.html")
    tab.wait_quiet()
