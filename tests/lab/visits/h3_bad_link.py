"""The page of `h3-forced` over a bad link: long, lossy and out of order.

The faults come from a generator with a fixed seed, so the n-th packet of a direction always meets
the same fate, though the n-th packet is not always the same one. What QUIC sends again has a new
packet number.
"""

from . import h3_forced

CONDITIONS = {"wire": {"delay_ms": 40, "loss": 0.03, "reorder": 0.02, "seed": 7}}
FLAGS = h3_forced.FLAGS


def visit(stage):
    h3_forced.browse(stage.browser.tab())
