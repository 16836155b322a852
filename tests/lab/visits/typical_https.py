"""The page of typical weight over HTTP/2 and TLS 1.3.

The same 2.4 MB in 71 requests to five hosts as `typical`, as most pages of the web come today: one
connection of each host is used, another for fonts, and those that the browser opened beside it
before it knew of HTTP/2 never are.  It is there for benches that multiply it.
"""

CAPTURE = "pcap"


def visit(stage):
    tab = stage.browser.tab()
    tab.open("https://www.market.test/")
    tab.wait_load()
    tab.run("window.finished")
    tab.wait_quiet()
