"""A page of typical weight: what the median page of the web weighs today, in as many requests.

Some 2.4 MB in 71 requests to five hosts over connections that are kept: pictures of 10 to 280 kB,
compressed scripts and style sheets, fonts, and a script that asks an API and builds more.  It is
large so that benches which multiply it measure packets and bodies in the proportion of real ones.
"""

CAPTURE = "pcap"


def visit(stage):
    tab = stage.browser.tab()
    tab.open("http://www.market.test/")
    tab.wait_load()
    tab.run("window.finished")
    tab.wait_quiet()
