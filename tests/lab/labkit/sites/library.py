"""A page for coming back to: some of it must be asked for again, some may be kept."""

from .. import content, names
from .model import Site

BODY = """\
<img src="/kept/cover-1.png" alt="kept"> <img src="/kept/cover-2.png" alt="kept">
<img src="/asked/shelf-1.png" alt="asked"> <img src="/asked/shelf-2.png" alt="asked">
<img src="/never/today.png" alt="never kept">"""


def write(root):
    head = ('<link rel="stylesheet" href="/asked/library.css">'
            '<script defer src="/kept/library.js"></script>')
    content.put(root, "index.html", content.page("Library", head, BODY))
    content.put(root, "asked/library.css", content.style("shelves", 120))
    content.put(root, "kept/library.js", "fetch('/asked/books.json');\n")
    content.put(root, "asked/books.json", '["' + content.prose("books", 200) + '"]\n')
    for path in ("kept/cover-1", "kept/cover-2", "asked/shelf-1", "asked/shelf-2", "never/today"):
        content.put(root, f"{path}.png", content.png(path, 9_000))


SITE = Site(("www.library.test",), names.SITE, write,
            "add_header Cache-Control no-cache;"
            " location /kept/ {{ add_header Cache-Control max-age=86400; }}"
            " location /never/ {{ add_header Cache-Control no-store; }}")
