"""The web servers: nginx for what it serves well, our own program for what it would never do."""

import pathlib
import subprocess

from . import names, sites

UNRULY = pathlib.Path(__file__).with_name("unruly_web.py")
APPLICATION_PORT = 8000

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


def configuration(network, folder, roots):
    """One server block for each site, on the addresses of its host."""
    text = HEAD.format(folder=folder)
    for site in sites.ALL:
        listen = []
        if network.ipv4:
            listen.append(f"listen {names.SERVERS4}.{site.host}:80;")
        if network.ipv6:
            listen.append(f"listen [{names.SERVERS6}::{site.host}]:80;")
        application = f"127.0.0.1:{APPLICATION_PORT}"
        text += (f"  server {{\n    {' '.join(listen)}\n    server_name {' '.join(site.names)};\n"
                 f"    root {roots / site.names[0]};\n"
                 f"    {site.directives.format(application=application)}\n  }}\n")
    return text + "}\n"


def start(network, folder):
    """Write the sites, start the servers in their namespace and wait until they listen."""
    roots = folder / "sites"
    for site in sites.ALL:
        (roots / site.names[0]).mkdir(parents=True)
        site.write(roots / site.names[0])
    path = folder / "nginx.conf"
    path.write_text(configuration(network, folder, roots))
    network.run("servers", "nginx", "-t", "-q", "-p", folder, "-c", path)
    network.start("servers", "nginx", "-p", folder, "-c", path,
                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    addresses = [f"{names.SERVERS4}.{names.UNRULY}:80"] if network.ipv4 else []
    addresses += [f"[{names.SERVERS6}::{names.UNRULY}]:80"] if network.ipv6 else []
    network.start_program("servers", UNRULY, f"127.0.0.1:{APPLICATION_PORT}", *addresses)
    network.wait_listening("servers", 80)
