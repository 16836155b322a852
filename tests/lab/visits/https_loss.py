"""The page of `https-redirect` over a bad link: long, lossy and out of order, under TLS and HTTP/2.

The faults come from a generator with a fixed seed, so the n-th packet of a direction always meets
the same fate, though the n-th packet is not always the same one.
"""

from . import https_redirect

CONDITIONS = {"wire": {"delay_ms": 40, "loss": 0.03, "reorder": 0.02, "seed": 7}}


def visit(stage):
    https_redirect.browse(stage.browser.tab())
