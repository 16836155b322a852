"""A page over HTTP/2 that opens WebSockets and an event source, all inside TLS.

Three WebSockets, one after the other, each over a connection of its own with HTTP/1.1: with
permessage-deflate and a window that is kept, with a fresh window for each message, and without.
They carry text and binary messages of 10 bytes to 70 kB, one in three frames, a ping of the server
with its pong, and are closed by the browser (1000) or by the server (4001). The event source ends
after three events; the browser comes back with `Last-Event-ID` and leaves after two more.
"""


def visit(stage):
    tab = stage.browser.tab()
    tab.open("https://www.chat.test/")
    tab.wait_load()
    for path, *outcome in tab.run("window.finished"):
        stage.remark(f"{path}: {', '.join(str(part) for part in outcome)}")
    tab.wait_quiet()
