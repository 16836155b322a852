"""The rich site: most of what a page of today does over HTTP/1.1, in about fifty requests."""

from .. import content, names
from .model import OPEN_TO_ALL, TO_APPLICATION, Site

STATIC = "http://static.garden.test"
API = "http://api.garden.test"

HEAD = f"""\
<link rel="stylesheet" href="/css/garden.css">
<link rel="stylesheet" href="{STATIC}/css/theme.css">
<script src="{STATIC}/js/library.js"></script>
<script defer src="/js/garden.js"></script>
<script async src="http://widgets.weather.test/badge.js"></script>"""

BODY = f"""\
<div class="hero leafy">{content.prose("garden", 900)}</div>
<img src="{STATIC}/img/rose.png" alt="rose"> <img src="{STATIC}/img/tulip.png" alt="tulip">
<img src="{STATIC}/img/moss.png" alt="moss"> <img src="/img/plan.svg" alt="plan">
<img src="/old/fern.png" alt="moved twice"> <img src="/img/missing.png" alt="not there">
<iframe src="http://widgets.weather.test/today.html" width="300" height="150"></iframe>
<div id="plants"></div>"""

THEME = """\
@import url("petals.css");
@font-face { font-family: Leafy; src: url("/font/leafy.woff2") format("woff2"); }
.leafy { font-family: Leafy, serif; }
"""

SCRIPT = f"""\
// One step after the other, so that every recording asks in the same order.  Every body is read:
// the browser never calls a request finished whose body nobody reads.
const send = async (url, options) =>
  (await fetch(url, {{cache: 'no-store', ...options}})).text();
async function tend() {{
  const plants = JSON.parse(await send('/api/plants?count=5'));
  for (const plant of plants) {{
    const image = new Image();
    const loaded = new Promise((done) => {{ image.onload = image.onerror = done; }});
    image.src = '{STATIC}' + plant.image;
    document.getElementById('plants').append(image);
    await loaded;
  }}
  const order = JSON.stringify({{plant: 'rose', note: 'x'.repeat(3000)}});
  await send('/api/orders', {{method: 'POST', body: order,
                              headers: {{'Content-Type': 'application/json'}}}});
  await send('/api/orders', {{method: 'POST', body: new URLSearchParams({{plant: 'moss'}})}});
  await send('/img/plan.svg', {{method: 'HEAD'}});
  const own = {{'X-Gardener': 'yes'}};
  await send('{API}/api/plants/7', {{method: 'PUT', headers: own, body: '{{}}'}});
  await send('{API}/api/plants/7', {{method: 'DELETE', headers: own}});
  await Promise.all([60, 61].map((count) => send('{API}/api/plants?count=' + count)));
  await send('http://unruly.test/trailers');
  await send('http://unruly.test/early-hints');
  await send('http://garden.test/js/data.json?via=redirect');
  navigator.sendBeacon('{API}/api/seen', 'left');
}}
addEventListener('load', () => {{ window.finished = tend(); }});
"""


def write_www(root):
    content.put(root, "index.html", content.page("Garden", HEAD, BODY))
    content.put(root, "css/garden.css", content.style(
        "garden", 200, ".hero { background: url('/img/lawn.png') }\n"))
    content.put(root, "js/garden.js", SCRIPT)
    content.put(root, "js/data.json", '{"beds": 3}\n')
    content.put(root, "img/plan.svg", content.svg("plan"))
    content.put(root, "img/lawn.png", content.png("lawn", 12_000))
    content.put(root, "favicon.ico", content.png("icon", 700))


def write_static(root):
    content.put(root, "css/theme.css", THEME + content.style("theme", 120))
    content.put(root, "css/petals.css", content.style("petals", 40))
    content.put(root, "js/library.js", f"window.words = '{content.prose('library', 6000)}';\n")
    content.put(root, "font/leafy.woff2", content.noise("leafy", 60_000))
    for name, size in (("rose", 90_000), ("tulip", 40_000), ("moss", 25_000), ("fern", 8_000)):
        content.put(root, f"img/{name}.png", content.png(name, size))
    for i in range(5):
        content.put(root, f"img/plant-{i}.png", content.png(f"plant-{i}", 4_000 + 3_000 * i))


SITES = (
    Site(("garden.test",), names.SITE, directives=(
        f"{OPEN_TO_ALL} location / {{{{ return 301 http://www.garden.test$request_uri; }}}}")),
    Site(("www.garden.test",), names.SITE, write_www,
         f"location /api/ {{{{ {TO_APPLICATION} }}}}"
         " location = /old/fern.png {{ return 302 /moved/fern.png; }}"
         f" location = /moved/fern.png {{{{ return 302 {STATIC}/img/fern.png; }}}}"
         f" location = /js/data.json {{{{ {OPEN_TO_ALL} }}}}"),
    Site(("static.garden.test",), names.EDGE, write_static, OPEN_TO_ALL),
    Site(("api.garden.test",), names.API, directives=f"location / {{{{ {TO_APPLICATION} }}}}"),
)
