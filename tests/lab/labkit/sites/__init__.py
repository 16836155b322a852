"""The sites of the lab, one file each."""

from . import (
    archive, beacon, bridge, cellar, chat, depot, garden, inn, library, market, metadata, mosaic,
    news, park, queue, seed, slow, trouble, weather, workshop,
)

ALL = (
    *cellar.SITES, *garden.SITES, *inn.SITES, *market.SITES, *park.SITES, *weather.SITES,
    *workshop.SITES, archive.SITE, beacon.SITE, bridge.SITE, chat.SITE, depot.SITE,
    library.SITE, metadata.SITE, mosaic.SITE, news.SITE, queue.SITE, seed.SITE, slow.SITE,
    trouble.SITE,
)
