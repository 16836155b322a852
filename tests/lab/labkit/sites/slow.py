"""Pages whose times are known beforehand, and pages that are left before they are finished."""

from .. import content, names
from .model import TO_APPLICATION, Site

BODY = """\
<img src="/think?ms=300&kind=image/png" alt="thought about">
<script>window.finished = fetch('/drip?ms=500&size=22000').then(r => r.text());</script>"""
UNFINISHED = """\
<img src="/quick.png" alt="quick"> <script>fetch('/trickle').then(r => r.text());</script>
<img src="/never" alt="silent">
<script src="/think?ms=60000&kind=text/javascript" async></script>"""


def write(root):
    content.put(root, "index.html", content.page("Slow", body=BODY))
    content.put(root, "unfinished.html", content.page("Unfinished", body=UNFINISHED))
    content.put(root, "quick.png", content.png("quick", 5_000))
    content.put(root, "after.html", content.page("After", body='<img src="/after.png" alt="">'))
    content.put(root, "after.png", content.png("after", 6_000))


SITE = Site(("www.slow.test",), names.SITE, write,
            "location ~ ^/(think|drip|never|trickle) {{ "
            f"{TO_APPLICATION} proxy_buffering off; proxy_read_timeout 100s; }}}}")
