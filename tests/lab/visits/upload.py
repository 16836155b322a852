"""A POST of 230 kB over HTTP/2 and a link that carries 2 Mbit/s from the client.

The body is larger than the windows that the server opens, so the browser stops until there are
WINDOW_UPDATEs, and larger than the link carries in a second, so its segments queue on the way.
"""

CONDITIONS = {"wire": {"delay_ms": 20, "up_kbit": 2000}}


def visit(stage):
    tab = stage.browser.tab()
    tab.open("https://www.depot.test/")
    tab.wait_load()
    stage.remark(f"the server's answer to the upload: {tab.run('window.finished')}")
    tab.wait_quiet()
