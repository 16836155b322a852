"""A page over HTTP/2 whose answers say that HTTP/3 is there too, and where that leads.

The browser learns of HTTP/3 from `Alt-Svc` only (no HTTPS record, not forced to). It has a good
HTTP/2 connection when the second page is asked for: a QUIC connection is opened beside it, and the
requests change over while that page loads; the third page comes over HTTP/3 from its first request
on.
"""

from labkit.browser import force_quic

# Not forced: port 1 is asked for by nobody. It lets QUIC take the lab's own root.
FLAGS = [force_quic("www.harbour.test:1", "static.harbour.test:1")]


def visit(stage):
    tab = stage.browser.tab()
    tab.open("https://www.harbour.test/plain.html")
    tab.wait_quiet()
    tab.open("https://www.harbour.test/second.html")
    tab.wait_load()
    tab.run("window.finished")
    tab.wait_quiet()
    tab.open("https://www.harbour.test/plain.html?third")
    tab.wait_quiet()
