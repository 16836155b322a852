"""The rich page over a bad link: long, lossy, out of order and now and then twice.

The faults come from a generator with a fixed seed, so the n-th packet of a direction always meets
the same fate, though the n-th packet is not always the same one.
"""

from . import rich

CONDITIONS = {"wire": {"delay_ms": 40, "loss": 0.03, "reorder": 0.02, "duplicate": 0.01, "seed": 4}}


def visit(stage):
    rich.browse(stage.browser.tab())
