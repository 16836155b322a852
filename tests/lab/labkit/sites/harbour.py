"""The sites that speak HTTP/3, which caddy serves (see caddy.py); their directives are caddy's.

The harbour has a page of many kinds of requests on two hosts, the ferry one of pictures that come
all at once.
"""

from .. import content, names
from .model import Site, Tls

STATIC = "https://static.harbour.test"

HEAD = """\
<link rel="stylesheet" href="/css/harbour.css">
<script defer src="/js/harbour.js"></script>"""

BODY = f"""\
<div>{content.prose("harbour", 400)}</div>
<img src="{STATIC}/img/crane.png" alt="crane"> <img src="{STATIC}/img/tug.png" alt="tug">
<img src="/img/missing.png" alt="not there"> <img src="/old/buoy.png" alt="moved">"""

SCRIPT = f"""\
// Every body is read: the browser never calls a request finished whose body nobody reads.
const send = async (url, options) =>
  (await fetch(url, {{cache: 'no-store', ...options}})).text();
async function unload() {{
  await send('/api/crates?count=40');
  await send('/api/crates', {{method: 'POST', body: JSON.stringify({{note: 'x'.repeat(2000)}}),
                              headers: {{'Content-Type': 'application/json'}}}});
  await send('/plain.html', {{method: 'HEAD'}});
  const own = {{'X-Gardener': 'yes'}};
  await send('{STATIC}/api/crates/7', {{method: 'PUT', headers: own, body: '{{}}'}});
}}
addEventListener('load', () => {{ window.finished = unload(); }});
"""

CARS = 6
DECK = "".join(f'<img src="/car-{i}.png" alt="{i}">\n' for i in range(CARS))


def write_www(root):
    content.put(root, "index.html", content.page("Harbour", HEAD, BODY))
    content.put(root, "second.html", content.page("Harbour, second", HEAD, BODY))
    content.put(root, "plain.html", content.page("Harbour, plain"))
    content.put(root, "css/harbour.css", content.style("harbour", 120))
    content.put(root, "js/harbour.js", SCRIPT)


def write_static(root):
    for name, size in (("crane", 30_000), ("tug", 9_000), ("buoy", 4_000)):
        content.put(root, f"img/{name}.png", content.png(name, size))


def write_ferry(root):
    content.put(root, "index.html", content.page("Ferry", body=DECK))
    for i in range(CARS):
        content.put(root, f"car-{i}.png", content.png(f"car-{i}", 8_000))


APPLICATION = "reverse_proxy /api/* {application}"
SITES = (
    Site(("www.harbour.test",), names.HARBOUR, write_www,
         f"{APPLICATION}\n  redir /old/buoy.png {STATIC}/img/buoy.png 302", Tls()),
    Site(("static.harbour.test",), names.QUAY, write_static,
         f'{APPLICATION}\n  @files path /img/*\n  header @files Access-Control-Allow-Origin "*"',
         Tls(key="rsa")),
    Site(("www.ferry.test",), names.FERRY, write_ferry, tls=Tls()),
)
