"""A small page to come back to: its connections close soon, and nothing of it may be kept.

The annex speaks TLS 1.2 and HTTP/1.1, so that both ways to resume a session can be seen.
"""

from .. import content, names
from .model import Site, Tls

BODY = '<img src="/room.png" alt="room"> <img src="https://annex.inn.test/yard.png" alt="yard">'
GONE_SOON = "add_header Cache-Control no-store; keepalive_timeout 1s;"


def write_www(root):
    content.put(root, "index.html", content.page("Inn", body=BODY))
    content.put(root, "again.html", content.page("Inn again", body=BODY))
    content.put(root, "room.png", content.png("room", 5_000))


def write_annex(root):
    content.put(root, "yard.png", content.png("yard", 4_000))


SITES = (
    Site(("www.inn.test",), names.INN, write_www, GONE_SOON, Tls()),
    Site(("annex.inn.test",), names.ANNEX, write_annex, GONE_SOON, Tls("TLSv1.2", http2=False)),
)
