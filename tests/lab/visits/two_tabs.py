"""Two tabs that load two pages at the same time, over IPv4 and IPv6, and share a host.

`static.garden.test` and `tiles.weather.test` serve both pages, partly over the same connections;
only Referer, initiator and tab tell whose request is whose.
"""

CAPTURE = "pcapng"
CONDITIONS = {"ipv6": True}
QUIET = False


def visit(stage):
    left, right = stage.browser.tab(), stage.browser.new_tab()
    left.open("http://www.garden.test/")
    right.open("http://www.news.test/")
    left.wait_load()
    right.wait_load()
    left.run("window.finished")
    left.wait_quiet()
