"""One large file behind a small page."""

from .. import content, names
from .model import Site, Tls

SIZE = 500_000
SCRIPT = "window.finished = fetch('/reel.bin').then((r) => r.arrayBuffer()).then((b) => b.byteLength);\n"


def write(root):
    content.put(root, "index.html", content.page("Archive", f"<script>{SCRIPT}</script>"))
    content.put(root, "reel.bin", content.noise("reel", SIZE))


SITE = Site(("www.archive.test",), names.ARCHIVE, write, tls=Tls())
