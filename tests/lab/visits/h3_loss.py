"""Six pictures at once over one HTTP/3 connection, of which one packet is lost on its way.

The others go on: what came for them is theirs, and only the streams of which the lost packet had a
piece wait for it. `h2-loss-streams` is the same page over HTTP/2, where all of them wait.
"""

from labkit.browser import force_quic

FLAGS = [force_quic("www.ferry.test:443")]
# Counted are frames of more than 1200 bytes.
CONDITIONS = {"wire": {"delay_ms": 20, "large": 1200, "lose_large": 14}}


def visit(stage):
    tab = stage.browser.tab()
    tab.open("https://www.ferry.test/")
    tab.wait_quiet()
