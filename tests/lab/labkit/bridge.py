"""nghttpx before the sites of `bridge.test`, for the HTTP/2 that nginx does not speak.

With TLS and without (prior knowledge and `Upgrade: h2c`): server push, WebSockets over HTTP/2
(RFC 8441), trailers, informational responses.
"""

import subprocess

from . import names
from .sites import bridge


PLAIN = "no-tls"


def start(network, authority, application, talker):
    """Start it in the servers' namespace; the site's files come from nginx behind it."""
    address = names.address4(bridge.SITE.names[0])
    before(network, "servers", authority.server(bridge.SITE.names), {
        f"{address}:80": PLAIN, f"{address}:443": "",
    }, {
        bridge.BEHIND: "/", talker: "/ws/:/events",
        application: "/api/:/think:/drip:/trailers:/early-hints:/garden.Plants/",
    })


def before(network, role, certificate, fronts, backs):
    """Let nghttpx listen on addresses with their ports, before servers that have paths."""
    chain, key = certificate
    words = [f"--frontend={_pair(address)};{how}" for address, how in fronts.items()]
    words += [f"--backend={_pair(address)};{paths}" for address, paths in backs.items()]
    network.start(role, "nghttpx", "--conf=/dev/null", *words, "--workers=1", "--no-ocsp",
                  "--errorlog-file=/dev/null", key, chain, stdout=subprocess.DEVNULL,
                  stderr=subprocess.DEVNULL)
    for address in fronts:
        network.wait_listening(role, address)


def _pair(address):
    return ",".join(address.rsplit(":", 1))
