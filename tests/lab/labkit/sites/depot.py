"""A page that sends more than it gets: one upload that fills every window on the way."""

from .. import content, names
from .model import TO_APPLICATION, Site, Tls

SIZE = 230_000
SCRIPT = f"""\
// Not to be compressed by anybody, and the same in every recording.
let seed = 1;
const cargo = Uint8Array.from({{length: {SIZE}}}, () => (seed = (seed * 48271) % 2147483647) & 255);
const deliver = async () => (await fetch('/api/cargo', {{method: 'POST', body: cargo}})).text();
addEventListener('load', () => {{ window.finished = deliver(); }});
"""


def write(root):
    content.put(root, "index.html", content.page("Depot", '<script src="/depot.js"></script>'))
    content.put(root, "depot.js", SCRIPT)


SITE = Site(("www.depot.test",), names.DEPOT, write,
            f"location /api/ {{{{ {TO_APPLICATION} }}}}", Tls())
