"""Eight pictures on an HTTP/2 connection whose server takes two requests at a time.

Each answer takes the server 60 ms. `SETTINGS_MAX_CONCURRENT_STREAMS` is 2, so the browser sends the
later requests when earlier ones are answered: they wait in the browser, not at the server.
"""


def visit(stage):
    tab = stage.browser.tab()
    tab.open("https://www.queue.test/")
    tab.wait_quiet()
