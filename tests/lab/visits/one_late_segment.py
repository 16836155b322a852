"""A file of 500 kB over HTTP/2 and TLS 1.3, of which one segment is overtaken by the next two.

The link carries 8 Mbit/s to the client, so the segments come 1.5 ms apart. Two duplicate
acknowledgements are too few for the server to send the segment again: nothing is lost, nothing is
repeated, and what follows the hole waits for it for some 3 ms.
"""

CONDITIONS = {"wire": {"delay_ms": 20, "down_kbit": 8000, "late_large": 150}}


def visit(stage):
    tab = stage.browser.tab()
    tab.open("https://www.archive.test/")
    tab.wait_load()
    stage.remark(f"the page got {tab.run('window.finished')} bytes")
    tab.wait_quiet()
