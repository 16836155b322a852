"""The sites of the lab, one file each."""

from . import garden, library, market, metadata, news, seed, slow, trouble, weather

ALL = (
    *garden.SITES, *market.SITES, *weather.SITES, library.SITE, metadata.SITE, news.SITE,
    seed.SITE, slow.SITE, trouble.SITE,
)
