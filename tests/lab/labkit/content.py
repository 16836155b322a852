"""The small things that pages are made of, made from a seed so that every run serves the same."""

import os
import pathlib
import random
import struct
import zlib

# Files carry one fixed time, so that Last-Modified and ETag are the same in every recording.
MODIFIED = 1_700_000_000
WORDS = ("moss fern rose tulip cedar maple garden river stone summer winter morning shade light "
         "water seed root leaf petal branch thorn hedge meadow orchard").split()


def put(root, path, data):
    """Write one file of a site."""
    target = pathlib.Path(root) / path.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data.encode() if isinstance(data, str) else data)
    os.utime(target, (MODIFIED, MODIFIED))


def noise(name, size):
    """Bytes that do not compress, as of a font or a photograph."""
    return random.Random(name).randbytes(size)


def prose(name, words):
    """Text that compresses, as text does."""
    chance = random.Random(name)
    return " ".join(chance.choice(WORDS) for _ in range(words))


def png(name, size):
    """A true PNG picture of about that many bytes."""
    side = max(2, int((size / 3) ** 0.5))
    chance = random.Random(name)
    rows = b"".join(b"\0" + chance.randbytes(3 * side) for _ in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header)
            + _chunk(b"IDAT", zlib.compress(rows, 1)) + _chunk(b"IEND", b""))


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def svg(name):
    """A small drawing."""
    chance = random.Random(name)
    shapes = "".join(
        f'<circle cx="{chance.randrange(100)}" cy="{chance.randrange(100)}" '
        f'r="{chance.randrange(9)}" fill="#{chance.randrange(0x1000):03x}"/>' for _ in range(24))
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100">{shapes}</svg>\n'


def style(name, rules, extra=""):
    """A style sheet of that many rules."""
    chance = random.Random(name)
    lines = [f".{chance.choice(WORDS)}-{i} {{ margin: {chance.randrange(9)}px; "
             f"color: #{chance.randrange(0x1000):03x} }}" for i in range(rules)]
    return extra + "\n".join(lines) + "\n"


def script(name, size):
    """A script of at least that many bytes, which compresses as scripts do: to a good quarter."""
    chance = random.Random(name)
    lines, length = [], 0
    while length < size:
        own, member, other = chance.choices(WORDS, k=3)
        called = chance.randrange(len(lines) + 1)
        lines.append(f"function {own}{len(lines)}(a, b) {{ return a.{member} ? "
                     f"{other}{called}(b, '{chance.randrange(1 << 24):x}') : "
                     f"b + {chance.randrange(1000)}; }}\n")
        length += len(lines[-1])
    return "".join(lines)


def page(title, head="", body=""):
    """An HTML page.  Its icon is in the page itself, so that no browser goes looking for one."""
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>\n'
            f'<link rel="icon" href="data:,">\n{head}\n</head>\n<body>\n<h1>{title}</h1>\n{body}\n'
            f'</body></html>\n')
