"""caddy before the sites that speak HTTP/3, with HTTP/2 and HTTP/1.1 on the same addresses.

Its answers over TCP say so in `Alt-Svc`.
"""

import os
import subprocess

from . import names
from .sites import harbour

HEAD = """\
{
  admin off
  auto_https off
  storage file_system @folder
  log {
    output discard
  }
}
"""


def configuration(folder, roots, authority, application):
    """One block for each site, on the address of its host."""
    text = HEAD.replace("@folder", str(folder / "caddy"))
    for site in harbour.SITES:
        root = roots / site.names[0]
        root.mkdir(parents=True)
        site.write(root)
        chain, key = authority.server(site.names, site.tls.key)
        text += (f"{' '.join(f'https://{name}' for name in site.names)} {{\n"
                 f"  bind {names.SERVERS4}.{site.host}\n  tls {chain} {key}\n  root * {root}\n"
                 f"  encode gzip\n  file_server\n"
                 f"  {site.directives.format(application=application)}\n}}\n")
    return text


def start(network, folder, authority, application):
    """Start it in the servers' namespace and wait until it listens."""
    path = folder / "Caddyfile"
    path.write_text(configuration(folder, folder / "sites", authority, application))
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    network.start("servers", "caddy", "run", "--config", path, "--adapter", "caddyfile",
                  env={**os.environ, "HOME": str(folder)}, **quiet)
    for site in harbour.SITES:
        network.wait_listening("servers", f"{names.SERVERS4}.{site.host}:443", "u")
