"""A page that prepares connections it never uses, beside a program that polls in the background.

The page asks for two spare connections and one name that no request follows.  Meanwhile another
program of the same machine (curl) polls `metadata.test`; its requests are in `background` and
belong to no page.
"""

CAPTURE = "pcap"
QUIET = False
POLLED = ("http://metadata.test/latest/instance-id", "http://metadata.test/latest/maintenance")


def visit(stage):
    poll(stage)
    tab = stage.browser.tab()
    tab.open("http://www.news.test/spare.html")
    tab.wait_load()
    poll(stage)
    tab.wait_quiet()
    poll(stage)


def poll(stage):
    """Ask once for each of the polled addresses, as another program would."""
    for url in POLLED:
        status = stage.network.run("client", "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}",
                                   url)
        stage.background.append({"method": "GET", "url": url, "status": int(status)})
