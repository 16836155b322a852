"""A third party: a script and a frame that other pages take in, with resources of their own."""

from .. import content, names
from .model import OPEN_TO_ALL, TO_APPLICATION, Site

TILES = "http://tiles.weather.test"


def write_widgets(root):
    content.put(root, "badge.js", "document.body.append('Sunny');\n" + "// badge\n" * 60)
    head = f'<link rel="stylesheet" href="/today.css"><script defer src="/today.js"></script>'
    body = f'<img src="{TILES}/map-1.png" alt="map"><img src="{TILES}/map-2.png" alt="map">'
    content.put(root, "today.html", content.page("Weather", head, body))
    content.put(root, "today.css", content.style("weather", 60))
    content.put(root, "today.js", "fetch('/api/forecast?count=8').then(r => r.json());\n")


def write_tiles(root):
    content.put(root, "map-1.png", content.png("map-1", 16_000))
    content.put(root, "map-2.png", content.png("map-2", 20_000))


SITES = (
    Site(("widgets.weather.test",), names.WEATHER, write_widgets,
         f"location /api/ {{{{ {TO_APPLICATION} }}}}"),
    Site(("tiles.weather.test",), names.WEATHER, write_tiles, OPEN_TO_ALL),
)
