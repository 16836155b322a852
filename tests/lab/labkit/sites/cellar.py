"""A site as of ten years ago: TLS 1.2 and HTTP/1.1, and beside it one with a cipher in CBC mode."""

from .. import content, names
from .model import Site, Tls

OLD = "https://old.cellar.test"
BODY = f"""\
<img src="/cask.png" alt="cask"> <img src="/shelf.png" alt="shelf">
<img src="{OLD}/bottle.png" alt="bottle"> <img src="{OLD}/cork.png" alt="cork">"""


def write_www(root):
    head = '<link rel="stylesheet" href="/cellar.css">'
    content.put(root, "index.html", content.page("Cellar", head, BODY))
    content.put(root, "cellar.css", content.style("cellar", 80))
    content.put(root, "cask.png", content.png("cask", 9_000))
    content.put(root, "shelf.png", content.png("shelf", 6_000))


def write_old(root):
    content.put(root, "bottle.png", content.png("bottle", 8_000))
    content.put(root, "cork.png", content.png("cork", 3_000))


SITES = (
    Site(("www.cellar.test",), names.CELLAR, write_www,
         tls=Tls("TLSv1.2", http2=False)),
    Site(("old.cellar.test",), names.VAULTS, write_old,
         tls=Tls("TLSv1.2", http2=False, key="rsa",
                 directives="ssl_ciphers ECDHE-RSA-AES128-SHA;")),
)
