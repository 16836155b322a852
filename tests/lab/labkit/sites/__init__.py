"""The sites of the lab, one file each."""

from . import (
    cellar, garden, library, market, metadata, news, park, seed, slow, trouble, weather,
)

ALL = (
    *cellar.SITES, *garden.SITES, *market.SITES, *park.SITES, *weather.SITES, library.SITE, metadata.SITE, news.SITE,
    seed.SITE, slow.SITE, trouble.SITE,
)
