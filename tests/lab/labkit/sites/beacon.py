"""A site whose HTTPS record says HTTP/3: ngtcp2 speaks that (see quic.py), and nginx TCP."""

from .. import content, names
from .model import Site, Tls

HEAD = '<link rel="stylesheet" href="/beacon.css">'
BODY = '<img src="/lamp.png" alt="lamp"> <img src="/fog.png" alt="fog">'

QUEUE = "".join(f'<img src="/fog.png?n={i}" alt="{i}">\n' for i in range(8))


def write(root):
    content.put(root, "index.html", content.page("Beacon", HEAD, BODY))
    content.put(root, "queue.html", content.page("Beacon, queueing", body=QUEUE))
    content.put(root, "beacon.css", content.style("beacon", 60))
    content.put(root, "lamp.png", content.png("lamp", 9_000))
    content.put(root, "fog.png", content.png("fog", 3_000))


SITE = Site(("www.beacon.test",), names.BEACON, write, tls=Tls())
