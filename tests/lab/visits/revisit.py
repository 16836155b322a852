"""One page twice: the second time most of it is only validated (304) or not asked for at all.

Parts marked `no-cache` are asked for again with If-None-Match, parts with a lifetime stay off the
wire, and one part may never be stored.  The truth lists the cached ones with `on_wire: false`.
"""


def visit(stage):
    tab = stage.browser.tab()
    for _ in range(2):
        tab.open("http://www.library.test/")
        tab.wait_quiet()
        tab.leave()
    stage.remark("between the two visits the tab showed an empty page")
