"""Who lives where: the addresses and the host names of the lab.

All addresses are from the documentation ranges and all names from `.test`, so that nothing in a
capture can be taken for somebody's real machine.
"""

CLIENT4, CLIENT6 = "192.0.2.2", "2001:db8:1::2"
GATEWAY4, GATEWAY6 = "192.0.2.1", "2001:db8:1::1"

# The resolver has addresses of its own, so that the client needs one ARP or NDP exchange to ask
# for a name and another to reach the server.
NAMESERVERS4 = {"plain": "192.0.2.53", "unruly": "192.0.2.54"}
NAMESERVERS6 = {"plain": "2001:db8:1::53", "unruly": "2001:db8:1::54"}

SERVERS4, SERVERS6 = "198.51.100", "2001:db8:2"
UNREACHABLE4, BLACKHOLE4 = "203.0.113.8", "203.0.113.9"

# The last part of a server's address, for both families, and what lives there.
SITE, EDGE, WEATHER, API, NEWS, UNRULY, METADATA, SEED = 10, 20, 30, 40, 50, 60, 70, 80
COUNTER, PARK, STATUES, CELLAR, VAULTS, CHAT, DEPOT = 90, 100, 110, 120, 130, 140, 150
MOSAIC, ARCHIVE, INN, ANNEX, BENCH, ATTIC, LOFT, YARD, BRIDGE, QUEUE = (
    160, 170, 180, 190, 200, 210, 220, 230, 240, 250)
HARBOUR, QUAY, FERRY, BEACON, BOATHOUSE = 105, 115, 125, 135, 145
HOST_NUMBERS = (SITE, EDGE, WEATHER, API, NEWS, UNRULY, METADATA, SEED, COUNTER, PARK, STATUES,
                CELLAR, VAULTS, CHAT, DEPOT, MOSAIC, ARCHIVE, INN, ANNEX, BENCH,
                ATTIC, LOFT, YARD, BRIDGE, QUEUE, HARBOUR, QUAY, FERRY,
                BEACON, BOATHOUSE)

HOSTS = {
    "garden.test": SITE,
    "www.garden.test": SITE,
    "edge.garden-cdn.test": EDGE,
    "api.garden.test": API,
    "widgets.weather.test": WEATHER,
    "tiles-eu.weather.test": WEATHER,
    "www.library.test": SITE,
    "www.market.test": SITE,
    "static.market.test": EDGE,
    "img.market.test": EDGE,
    "api.market.test": API,
    "tags.counter.test": COUNTER,
    "www.slow.test": SITE,
    "www.trouble.test": SITE,
    "www.news.test": NEWS,
    "unruly.test": UNRULY,
    "metadata.test": METADATA,
    "www.seed.test": SEED,
    "park.test": PARK,
    "www.park.test": PARK,
    "api.park.test": PARK,
    "static.park.test": STATUES,
    "www.cellar.test": CELLAR,
    "old.cellar.test": VAULTS,
    "www.chat.test": CHAT,
    "www.depot.test": DEPOT,
    "www.mosaic.test": MOSAIC,
    "blue.mosaic.test": MOSAIC,
    "gold.mosaic.test": MOSAIC,
    "www.archive.test": ARCHIVE,
    "www.inn.test": INN,
    "annex.inn.test": ANNEX,
    **{f"{name}.workshop.test": BENCH
       for name in ("tls", "rsa", "deep", "expired", "member")},
    "again.workshop.test": YARD,
    "www.bridge.test": BRIDGE,
    "www.queue.test": QUEUE,
    "www.harbour.test": HARBOUR,
    "static.harbour.test": QUAY,
    "www.ferry.test": FERRY,
    "www.beacon.test": BEACON,
    "www.boathouse.test": BOATHOUSE,
    "old.workshop.test": ATTIC,
    "p384.workshop.test": LOFT,
    # Names that the unruly resolver answers late, in pieces or on the second try.
    "lost.trouble.test": UNRULY,
    "late.trouble.test": UNRULY,
    "large.trouble.test": UNRULY,
}

ALIASES = {
    "static.garden.test": "garden.customers.test",
    "garden.customers.test": "edge.garden-cdn.test",
    "tiles.weather.test": "tiles-eu.weather.test",
}

# Hosts with an HTTPS record: of priority 1, for themselves, with these protocols.
HTTPS_RECORDS = {"www.beacon.test": ("h3", "h2")}

# Names whose addresses nobody answers for.
DEAD_ENDS = {"unreachable.trouble.test": UNREACHABLE4, "silent.trouble.test": BLACKHOLE4}


RESOLVER = "dns.resolver.test"          # the resolver's own name, under which it has a certificate


def address4(name):
    """The IPv4 address of a host, without following aliases."""
    if name == RESOLVER:
        return NAMESERVERS4["plain"]
    return DEAD_ENDS.get(name) or f"{SERVERS4}.{HOSTS[name]}"


def address6(name):
    """The IPv6 address of a host, or None where there is none."""
    return f"{SERVERS6}::{HOSTS[name]}" if name in HOSTS else None
