"""Names that do not resolve and connections that fail, each asked for by the script of one page.

The resolver loses, delays, truncates and refuses; servers refuse, stay silent, are unreachable,
reset, and close too early.  The last two requests are navigations that fail in the address bar;
after the first of them Chromium asks public resolvers whether the network is there at all, which
the router answers with ICMP.  How each attempt ended for the script is listed at the end.
"""

CONDITIONS = {"nameserver": "unruly"}
NAMES = [
    ["http://missing.trouble.test/"],
    ["http://fails.trouble.test/"],
    ["http://lost.trouble.test/api/plants?from=lost"],
    ["http://late.trouble.test/api/plants?from=late"],
    ["http://large.trouble.test/api/plants?from=large"],
    ["http://mute.trouble.test/", 3500],
]
CONNECTIONS = [
    ["http://www.trouble.test:81/refused"],
    ["http://unreachable.trouble.test/icmp"],
    ["http://silent.trouble.test/syn", 4000],
]
ANSWERS = [
    ["http://unruly.test/reset-now"],
    ["http://unruly.test/reset-middle"],
    ["http://unruly.test/short"],
    ["http://unruly.test/old-style"],
    ["http://unruly.test/until-close"],
    ["http://unruly.test/never", 2000],
]


def visit(stage):
    tab = stage.browser.tab()
    tab.open("http://www.trouble.test/")
    tab.wait_load()
    for group in (NAMES, CONNECTIONS, ANSWERS):
        for url, outcome in tab.run(f"together({group!r})"):
            stage.remark(f"{url}: {outcome}")
    tab.wait_quiet()
    for url in ("http://gone.trouble.test/", "http://www.trouble.test:81/closed"):
        tab.open(url)
        tab.wait_failed(url)
