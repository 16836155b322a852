"""What nghttpx serves (see bridge.py): its files come from nginx on the loopback device."""

from .. import content, names
from . import chat
from .model import Site

BEHIND = "127.0.0.1:8002"
BODY = '<img src="/one.png" alt="one"> <img src="/two.png" alt="two">'


def write(root):
    head = '<link rel="stylesheet" href="/bridge.css">'
    content.put(root, "index.html", content.page("Bridge", head, BODY))
    content.put(root, "chat.html", content.page("Chat", '<script src="/chat.js"></script>'))
    content.put(root, "chat.js", chat.SCRIPT)
    content.put(root, "bridge.css", content.style("bridge", 20))
    content.put(root, "one.png", content.png("bridge-one", 2_000))
    content.put(root, "two.png", content.png("bridge-two", 5_000))


SITE = Site(("www.bridge.test",), names.BRIDGE, write,
            "location = /index.html {{ add_header Link '</bridge.css>; rel=preload'; }}",
            listen=BEHIND)
