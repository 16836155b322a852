"""The sites of the lab, one file each."""

from . import seed

ALL = (seed.SITE,)
