"""Three names for one address under one certificate: one connection may do for all of them."""

from .. import content, names
from .model import OPEN_TO_ALL, Site, Tls

HOSTS = ("www.mosaic.test", "blue.mosaic.test", "gold.mosaic.test")
BODY = "".join(f'<img src="https://{host}/{host}-{i}.png" alt="">\n'
               for i in (1, 2) for host in HOSTS)


def write(root):
    content.put(root, "index.html", content.page("Mosaic", body=BODY))
    for host in HOSTS:
        for i in (1, 2):
            content.put(root, f"{host}-{i}.png", content.png(f"{host}-{i}", 3_000 * i))


SITE = Site(HOSTS, names.MOSAIC, write, OPEN_TO_ALL, Tls())
