"""Three hosts with one address and one certificate, whose requests share one HTTP/2 connection.

The page of `www.mosaic.test` has pictures on `blue.mosaic.test` and `gold.mosaic.test`. Their names
are looked up, but the browser finds the connection that it has (RFC 9113, section 9.1.1).
"""


def visit(stage):
    tab = stage.browser.tab()
    tab.open("https://www.mosaic.test/")
    tab.wait_quiet()
