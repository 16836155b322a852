"""From a plain address over two redirects to a page over HTTP/2 and TLS 1.3, on two hosts more.

`http://park.test/` sends the browser to https, and that to `www.park.test`, whose page takes
pictures, a style sheet and a font from `static.park.test` (an RSA certificate) and asks
`api.park.test` across origins, with a preflight.
"""


def visit(stage):
    browse(stage.browser.tab())


def browse(tab):
    """Open the page and wait until its script is done; other visits use this too."""
    tab.open("http://park.test/")
    tab.wait_load()
    tab.run("window.finished")
    tab.wait_quiet()
