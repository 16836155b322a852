"""ngtcp2's server, for what caddy does not do: a dynamic QPACK table, for one."""

import subprocess

from . import names
from .sites import beacon


def start(network, authority, root):
    """Serve the beacon over UDP, beside nginx over TCP."""
    name = beacon.SITE.names[0]
    serve(network, authority, name, root)


def serve(network, authority, name, root, *options):
    """Let one server listen on port 443 of a host."""
    chain, key = authority.server((name,))
    address = names.address4(name)
    network.start("servers", "gtlsserver", "--quiet", f"--htdocs={root}", "--max-gso-dgrams=1",
                  *options, address, "443", key, chain, stdout=subprocess.DEVNULL,
                  stderr=subprocess.DEVNULL)
    network.wait_listening("servers", f"{address}:443", "u")
