"""The rich site of the encrypted web: HTTP/2 over TLS 1.3, and the redirects that lead there."""

from .. import content, names
from .model import OPEN_TO_ALL, TO_APPLICATION, Site, Tls

STATIC = "https://static.park.test"
API = "https://api.park.test"

HEAD = f"""\
<link rel="stylesheet" href="/css/park.css">
<link rel="stylesheet" href="{STATIC}/css/paths.css">
<script defer src="/js/park.js"></script>"""

BODY = f"""\
<div class="shady">{content.prose("park", 500)}</div>
<img src="{STATIC}/img/oak.png" alt="oak"> <img src="{STATIC}/img/elm.png" alt="elm">
<img src="/img/map.svg" alt="map"> <img src="/img/missing.png" alt="not there">
<img src="/old/ash.png" alt="moved"> <div id="trees"></div>"""

PATHS = """\
@font-face { font-family: Shady; src: url("/font/shady.woff2") format("woff2"); }
.shady { font-family: Shady, serif; }
"""

SCRIPT = f"""\
// Every body is read: the browser never calls a request finished whose body nobody reads.
const send = async (url, options) =>
  (await fetch(url, {{cache: 'no-store', ...options}})).text();
async function stroll() {{
  const trees = JSON.parse(await send('/api/trees?count=4'));
  await Promise.all(trees.map((tree) => new Promise((done) => {{
    const image = new Image();
    image.onload = image.onerror = done;
    image.src = '{STATIC}' + tree.image;
    document.getElementById('trees').append(image);
  }})));
  await send('/api/visits', {{method: 'POST', body: JSON.stringify({{note: 'x'.repeat(2000)}}),
                              headers: {{'Content-Type': 'application/json'}}}});
  await send('/img/map.svg', {{method: 'HEAD'}});
  const own = {{'X-Gardener': 'yes'}};
  await send('{API}/api/trees/7', {{method: 'PUT', headers: own, body: '{{}}'}});
  await Promise.all([60, 61].map((count) => send('{API}/api/trees?count=' + count)));
}}
addEventListener('load', () => {{ window.finished = stroll(); }});
"""


def write_www(root):
    content.put(root, "index.html", content.page("Park", HEAD, BODY))
    content.put(root, "plain.html", content.page("Park, plain"))
    content.put(root, "css/park.css", content.style("park", 150))
    content.put(root, "js/park.js", SCRIPT)
    content.put(root, "img/map.svg", content.svg("map"))


def write_static(root):
    content.put(root, "css/paths.css", PATHS + content.style("paths", 60))
    content.put(root, "font/shady.woff2", content.noise("shady", 22_000))
    for name, size in (("oak", 60_000), ("elm", 30_000), ("ash", 7_000)):
        content.put(root, f"img/{name}.png", content.png(name, size))
    for i in range(4):
        content.put(root, f"img/plant-{i}.png", content.png(f"tree-{i}", 4_000 + 4_000 * i))


APPLICATION = f"location /api/ {{{{ {TO_APPLICATION} }}}}"
SITES = (
    Site(("park.test",), names.PARK, directives="return 301 https://park.test$request_uri;"),
    Site(("park.test",), names.PARK, directives="return 301 https://www.park.test$request_uri;",
         tls=Tls()),
    Site(("www.park.test",), names.PARK, write_www, APPLICATION
         + f" location = /old/ash.png {{{{ return 302 {STATIC}/img/ash.png; }}}}", Tls()),
    Site(("static.park.test",), names.STATUES, write_static, OPEN_TO_ALL, Tls(key="rsa")),
    Site(("api.park.test",), names.PARK, directives=APPLICATION, tls=Tls()),
)
