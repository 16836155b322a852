"""One large file behind a small page."""

from .. import content, names
from .model import Site, Tls

SIZE = 500_000
SCRIPT = """\
const length = async () => (await (await fetch('/reel.bin')).arrayBuffer()).byteLength;
window.finished = length();
"""


def write(root):
    content.put(root, "index.html", content.page("Archive", f"<script>{SCRIPT}</script>"))
    content.put(root, "reel.bin", content.noise("reel", SIZE))


SITE = Site(("www.archive.test",), names.ARCHIVE, write, tls=Tls())
