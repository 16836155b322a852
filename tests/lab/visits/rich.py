"""A rich page over plain HTTP/1.1: style sheets, scripts, fonts, redirects, forms, a third party.

The address bar has `garden.test`, which redirects (301).  The page has a picture that moved twice
(302), one that is missing (404), a frame of another site behind a CNAME, and a script that reads
JSON and builds more, posts, puts and deletes across origins (with preflights), asks with HEAD,
and reads a body in chunks with trailers and one after 103 Early Hints.
"""

CAPTURE = "pcapng"
QUIET = False


def visit(stage):
    browse(stage.browser.tab())


def browse(tab):
    """Open the page and wait until its script is done; other visits use this too."""
    tab.open("http://garden.test/")
    tab.wait_load()
    tab.run("window.finished")
    tab.wait_quiet()
