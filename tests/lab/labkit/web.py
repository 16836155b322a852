"""The web servers: nginx for what it serves well, our own program for what it would never do."""

import pathlib
import subprocess

from . import bridge, caddy, names, quic, sites

UNRULY = pathlib.Path(__file__).with_name("unruly_web.py")
TALK = pathlib.Path(__file__).with_name("talk.py")
APPLICATION, TALKER = "127.0.0.1:8000", "127.0.0.1:8001"

HEAD = """\
daemon off;
worker_processes 1;
user root;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections 512; }}
http {{
  access_log off;
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server_tokens off;
  sendfile on;
  keepalive_timeout 2s;
  gzip on;
  gzip_min_length 200;
  gzip_types text/css application/javascript application/json image/svg+xml;
"""


def configuration(network, folder, roots, authority):
    """One server block for each site, on the addresses of its host."""
    text = HEAD.format(folder=folder)
    for site in sites.ALL:
        port = "80" if site.tls is None else "443 ssl" + " http2" * site.tls.http2
        listen = []
        if site.listen:
            listen.append(f"listen {site.listen};")
        elif network.ipv4:
            listen.append(f"listen {names.SERVERS4}.{site.host}:{port};")
        if network.ipv6 and not site.listen:
            listen.append(f"listen [{names.SERVERS6}::{site.host}]:{port};")
        text += (f"  server {{\n    {' '.join(listen)}\n    server_name {' '.join(site.names)};\n"
                 f"    root {root(roots, site)};\n{secured(site, authority)}"
                 f"    {site.directives.format(application=APPLICATION, talk=TALKER)}\n  }}\n")
    return text + "}\n"


def secured(site, authority):
    """The lines that make a server block speak TLS."""
    if site.tls is None:
        return ""
    chain, key = authority.server(site.names, site.tls.key, site.tls.expired, site.tls.above)
    return (f"    ssl_certificate {chain};\n    ssl_certificate_key {key};\n"
            f"    ssl_protocols {site.tls.versions};\n"
            f"    {site.tls.directives.format(root=authority.root)}\n")


def root(roots, site):
    """Where the files of a site are; those for port 443 may be others than those for port 80."""
    return roots / (site.names[0] + "-tls" * (site.tls is not None))


def start(network, folder, authority):
    """Write the sites, start the servers in their namespace and wait until they listen."""
    roots = folder / "sites"
    for site in sites.ALL:
        root(roots, site).mkdir(parents=True)
        site.write(root(roots, site))
    path = folder / "nginx.conf"
    path.write_text(configuration(network, folder, roots, authority))
    network.run("servers", "nginx", "-t", "-q", "-p", folder, "-c", path)
    network.start("servers", "nginx", "-p", folder, "-c", path,
                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    addresses = [f"{names.SERVERS4}.{names.UNRULY}:80"] if network.ipv4 else []
    addresses += [f"[{names.SERVERS6}::{names.UNRULY}]:80"] if network.ipv6 else []
    network.start_program("servers", UNRULY, APPLICATION, *addresses)
    network.start_program("servers", TALK, TALKER)
    if network.ipv4:
        bridge.start(network, authority, APPLICATION, TALKER)
        caddy.start(network, folder, authority, APPLICATION)
        quic.start(network, authority, root(roots, sites.beacon.SITE))
    network.wait_listening("servers", 80)
