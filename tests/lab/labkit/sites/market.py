"""A shop whose front page weighs what the median page of the web weighs, in as many requests.

The HTTP Archive's medians for desktop pages are about 2.5 MB in 70 requests; the parts stand to
each other about as they do there: pictures before scripts, fonts, style sheets and the document.
"""

import dataclasses
import random

from .. import content, names
from .model import OPEN_TO_ALL, TO_APPLICATION, Site, Tls

# With the scheme of the page: the shop can be visited in clear and over TLS.
STATIC = "//static.market.test"
PICTURES = "//img.market.test"
API = "//api.market.test"
TAGS = "//tags.counter.test"

# Name and length before compression; nginx makes about 28 % of it.
BLOCKING = {"polyfills": 100_000, "framework": 440_000}
DEFERRED = {
    "vendor": 380_000, "components": 250_000, "search": 150_000, "basket": 90_000,
    "carousel": 70_000, "reviews": 60_000, "forms": 50_000, "icons": 40_000, "menu": 26_000,
    "dates": 20_000, "lazy": 12_000, "cookies": 9_000,
}
TAGGED = {"manager": 230_000, "counter": 80_000, "consent": 50_000}
RULES = {
    "base": 2800, "layout": 1700, "product": 1300, "header": 800, "footer": 500, "print": 150,
}
FONTS = {"text": 36_000, "bold": 34_000, "title": 24_000}
BANNERS = {"season": 280_000, "orchard": 190_000, "hedge": 130_000, "meadow": 120_000}
DRAWINGS = ("logo", "cart", "lens", "heart")
PRODUCTS, MADE_LATER, BACKGROUNDS = 24, 4, 2


def head():
    """References to everything that a parser can see."""
    links = [f'<link rel="stylesheet" href="{STATIC}/css/{name}.css">' for name in RULES]
    links += [f'<script src="{STATIC}/js/{name}.js"></script>' for name in BLOCKING]
    links += [f'<script defer src="{STATIC}/js/{name}.js"></script>' for name in DEFERRED]
    links += [f'<script async src="{TAGS}/{name}.js"></script>' for name in TAGGED]
    return "\n".join([*links, '<script defer src="/js/market.js"></script>'])


def body():
    """Drawings, banners, and a card with a picture and some words for each product."""
    shown = [f'<img src="/img/{name}.svg" alt="{name}">' for name in DRAWINGS]
    shown += [f'<img src="{PICTURES}/banner/{name}.png" alt="{name}">' for name in BANNERS]
    shown += [f'<div class="card"><img src="{PICTURES}/product/{i}.png" alt="{i}">'
              f'<p>{content.prose(f"card-{i}", 600)}</p></div>' for i in range(PRODUCTS)]
    shown += [f'<div class="ground-{i}">ground</div>' for i in range(BACKGROUNDS)]
    return "\n".join([*shown, '<div id="later"></div>'])


FACES = "".join(
    f'@font-face {{ font-family: {name}; '
    f'src: url("{STATIC}/font/{name}.woff2") format("woff2") }}\n' for name in FONTS)
BASE = FACES + "body { font-family: text } h1 { font-family: title } .card { font-family: bold }\n"
GROUNDS = "".join(f'.ground-{i} {{ background: url("{PICTURES}/ground/{i}.png") }}\n'
                  for i in range(BACKGROUNDS))

SCRIPT = f"""\
// Every body is read: the browser never calls a request finished whose body nobody reads.
const ask = async (url) => (await fetch(url, {{cache: 'no-store'}})).text();
async function recommend() {{
  const plants = JSON.parse(await ask('{API}/api/recommended?count={MADE_LATER}'));
  await Promise.all(plants.map((plant) => new Promise((done) => {{
    const image = new Image();
    image.onload = image.onerror = done;
    image.src = '{PICTURES}' + plant.image;
    document.getElementById('later').append(image);
  }})));
}}
async function trade() {{
  await Promise.all([ask('/api/session?count=2'), ask('{API}/api/prices?count=60'),
                     ask('{API}/api/reviews?count=120'), recommend()]);
  navigator.sendBeacon('{TAGS}/api/seen', JSON.stringify({{page: '/', note: 'x'.repeat(600)}}));
}}
window.finished = trade();
"""


def write_www(root):
    content.put(root, "index.html", content.page("Market", head(), body()))
    content.put(root, "js/market.js", SCRIPT)
    for name in DRAWINGS:
        content.put(root, f"img/{name}.svg", content.svg(name))


def write_static(root):
    extra = {"base": BASE, "layout": GROUNDS}
    for name, rules in RULES.items():
        content.put(root, f"css/{name}.css", content.style(name, rules, extra.get(name, "")))
    for name, size in (BLOCKING | DEFERRED).items():
        content.put(root, f"js/{name}.js", content.script(name, size))
    for name, size in FONTS.items():
        content.put(root, f"font/{name}.woff2", content.noise(name, size))


def write_pictures(root):
    chance = random.Random("market")
    pictures = [f"product/{i}" for i in range(PRODUCTS)]
    pictures += [f"img/plant-{i}" for i in range(MADE_LATER)]
    pictures += [f"ground/{i}" for i in range(BACKGROUNDS)]
    sizes = {name: chance.randrange(10_000, 60_000) for name in pictures}
    sizes |= {f"banner/{name}": size for name, size in BANNERS.items()}
    for name, size in sizes.items():
        content.put(root, f"{name}.png", content.png(name, size))


def write_tags(root):
    for name, size in TAGGED.items():
        content.put(root, f"{name}.js", content.script(name, size))


APPLICATION = f"location /api/ {{{{ {TO_APPLICATION} }}}}"
IN_CLEAR = (
    Site(("www.market.test",), names.SITE, write_www, APPLICATION),
    Site(("static.market.test",), names.EDGE, write_static, OPEN_TO_ALL),
    Site(("img.market.test",), names.EDGE, write_pictures, OPEN_TO_ALL),
    Site(("api.market.test",), names.API, directives=APPLICATION),
    Site(("tags.counter.test",), names.COUNTER, write_tags, APPLICATION),
)
SITES = (*IN_CLEAR, *(dataclasses.replace(site, tls=Tls()) for site in IN_CLEAR))
