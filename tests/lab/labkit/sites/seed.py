"""The smallest visit worth tracing: a page with three pictures, one connection for each request."""

from .. import content, names
from .model import Site


def write(root):
    shown = ("one", "two", "three")
    pictures = "".join(f'<img src="/{name}.png" alt="{name}">\n' for name in shown)
    content.put(root, "index.html", content.page("Seed", body=pictures))
    content.put(root, "one.png", content.png("one", 3_000))
    content.put(root, "two.png", content.png("two", 9_000))
    content.put(root, "three.png", content.png("three", 24_000))


SITE = Site(("www.seed.test",), names.SEED, write, "keepalive_timeout 0; gzip off;")
