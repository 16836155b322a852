"""A second page for a second tab; it shares the host of its pictures with the garden."""

from .. import content, names
from .model import Site

STATIC = "http://static.garden.test"
HEAD = f"""\
<link rel="stylesheet" href="/news.css">
<link rel="stylesheet" href="{STATIC}/css/theme.css">
<script defer src="/news.js"></script>"""
BODY = f"""\
<img src="{STATIC}/img/rose.png" alt="rose"> <img src="/photo-1.png" alt="one">
<img src="/photo-2.png" alt="two"> <img src="/photo-3.png" alt="three">
<img src="http://tiles.weather.test/map-1.png" alt="map">
<p>{content.prose("news", 1200)}</p>"""

SPARE = f"""\
<link rel="preconnect" href="http://api.garden.test">
<link rel="preconnect" href="http://unruly.test" crossorigin>
<link rel="dns-prefetch" href="http://tiles.weather.test">
<link rel="stylesheet" href="/news.css">"""


def write(root):
    content.put(root, "spare.html", content.page("Spare", SPARE, '<img src="/photo-1.png" alt="">'))
    content.put(root, "index.html", content.page("News", HEAD, BODY))
    content.put(root, "news.css", content.style("news", 150))
    content.put(root, "news.js", "fetch('/stories.json').then(r => r.json());\n")
    content.put(root, "stories.json", '["' + content.prose("stories", 300) + '"]\n')
    for i in (1, 2, 3):
        content.put(root, f"photo-{i}.png", content.png(f"photo-{i}", 12_000 * i))


SITE = Site(("www.news.test",), names.NEWS, write)
