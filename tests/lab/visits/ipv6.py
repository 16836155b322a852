"""The seed visit over IPv6 alone, with the neighbours unknown (NDP) and names asked over IPv6.

The client has no IPv4 address at all.  The resolver and the gateway are two neighbours, so there
are two neighbour solicitations before the first connection.
"""

CAPTURE = "pcap-nano"
CONDITIONS = {"ipv4": False, "ipv6": True}


def visit(stage):
    tab = stage.browser.tab()
    tab.open("http://www.seed.test/")
    tab.wait_quiet()
