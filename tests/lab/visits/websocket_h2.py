"""WebSockets over HTTP/2 (RFC 8441): the page's connection carries them as streams.

The server's SETTINGS allow extended CONNECT. The page is that of `websocket`: three WebSockets with
and without permessage-deflate, closed by either side, and an event source that comes back once.
"""


def visit(stage):
    tab = stage.browser.tab()
    tab.open("https://www.bridge.test/chat.html")
    tab.wait_load()
    for path, *outcome in tab.run("window.finished"):
        stage.remark(f"{path}: {', '.join(str(part) for part in outcome)}")
    tab.wait_quiet()
