"""The sites of the lab, one file each."""

from . import garden, library, metadata, news, seed, slow, trouble, weather

ALL = (
    *garden.SITES, *weather.SITES, library.SITE, metadata.SITE, news.SITE, seed.SITE, slow.SITE,
    trouble.SITE,
)
