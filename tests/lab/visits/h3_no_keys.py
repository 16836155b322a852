"""The page of `h3-forced`, of which no keys were kept: what anyone on the way can see of HTTP/3."""

from . import h3_forced

FLAGS, KEYS = h3_forced.FLAGS, False


def visit(stage):
    h3_forced.browse(stage.browser.tab())
