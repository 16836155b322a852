"""Three names for one address under one certificate: a browser may ask for all over one connection."""

from .. import content, names
from .model import OPEN_TO_ALL, Site, Tls

BODY = "".join(f'<img src="https://{host}/{host}-{i}.png" alt="">\n'
               for i in (1, 2) for host in ("www.mosaic.test", "blue.mosaic.test", "gold.mosaic.test"))


def write(root):
    content.put(root, "index.html", content.page("Mosaic", body=BODY))
    for host in SITE.names:
        for i in (1, 2):
            content.put(root, f"{host}-{i}.png", content.png(f"{host}-{i}", 3_000 * i))


SITE = Site(("www.mosaic.test", "blue.mosaic.test", "gold.mosaic.test"), names.MOSAIC, write,
            OPEN_TO_ALL, Tls())
