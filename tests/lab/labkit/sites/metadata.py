"""What a program in the background polls: no page ever asks for it."""

from .. import content, names
from .model import Site


def write(root):
    content.put(root, "latest/instance-id", "i-0123456789\n")
    content.put(root, "latest/maintenance", "NONE\n")


SITE = Site(("metadata.test",), names.METADATA, write)
