"""One page with three pictures over HTTP/1.1; every connection is opened and closed.

Neighbours and names are unknown at the start, and the server closes each connection after its
response, so the capture holds four whole connections from SYN to the last ACK.
"""

CAPTURE = "pcap"


def visit(stage):
    tab = stage.browser.tab()
    tab.open("http://www.seed.test/")
    tab.wait_quiet()
