"""A page whose server takes no more than two requests at a time on a connection."""

from .. import content, names
from .model import TO_APPLICATION, Site, Tls

BODY = "".join(f'<img src="/think?ms=60&size=900&kind=image/png&n={i}" alt="{i}">\n'
               for i in range(8))


def write(root):
    content.put(root, "index.html", content.page("Queue", body=BODY))


SITE = Site(("www.queue.test",), names.QUEUE, write,
            f"location /think {{{{ {TO_APPLICATION} }}}}",
            Tls(directives="http2_max_concurrent_streams 2;"))
