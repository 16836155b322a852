"""A web server for what nginx would never do: resets, silence, halves, drips, old manners.

Run as a program with the addresses to listen on.  It is also the application behind nginx, for
the answers that need a method or a pause.  The path names the behaviour.
"""

import asyncio
import json
import socket
import struct
import sys
from urllib.parse import parse_qs, urlsplit

IDLE_SECONDS = 2.0
OPEN_TO_ALL = {"Access-Control-Allow-Origin": "*", "Timing-Allow-Origin": "*"}
REASONS = {200: "OK", 201: "Created", 204: "No Content", 404: "Not Found"}


def filler(size):
    """A body of that size that is easy to recognise in a capture."""
    return (b"0123456789abcdef" * (size // 16 + 1))[:size]


class Exchange:
    """One request and the means to answer it, well or badly."""

    def __init__(self, reader, writer, method, target, headers, body):
        self.reader, self.writer = reader, writer
        self.method, self.headers, self.body = method, headers, body
        parts = urlsplit(target)
        self.path = parts.path
        self.query = {key: values[0] for key, values in parse_qs(parts.query).items()}

    def number(self, key, default):
        return int(self.query.get(key, default))

    async def raw(self, data):
        self.writer.write(data)
        await self.writer.drain()

    def head(self, status, headers, version="1.1"):
        lines = [f"HTTP/{version} {status} {REASONS.get(status, 'Other')}"]
        lines += [f"{key}: {value}" for key, value in {**OPEN_TO_ALL, **headers}.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    async def answer(self, status, body=b"", kind="text/plain", **more):
        headers = {"Content-Type": kind, "Cache-Control": "no-store",
                   **{key.replace("_", "-"): value for key, value in more.items()}}
        if status != 204:
            headers["Content-Length"] = len(body)
        await self.raw(self.head(status, headers) + (b"" if self.method == "HEAD" else body))

    def reset(self):
        """Close with RST, as a crashed program or a hostile box would."""
        linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()


async def api(x):
    """A small service: lists, creates, replaces and removes plants."""
    if x.method == "OPTIONS":
        await x.answer(204, Access_Control_Allow_Methods="GET, HEAD, POST, PUT, DELETE",
                       Access_Control_Allow_Headers="content-type, x-gardener",
                       Access_Control_Max_Age="0")
    elif x.method == "DELETE":
        await x.answer(204)
    elif x.method in ("POST", "PUT"):
        reply = json.dumps({"accepted": len(x.body)}).encode()
        await x.answer(201 if x.method == "POST" else 200, reply, "application/json")
    else:
        count = x.number("count", 4)
        plants = [{"id": i, "image": f"/img/plant-{i}.png", "note": "n" * 40} for i in range(count)]
        await x.answer(200, json.dumps(plants).encode(), "application/json")
    return True


async def think(x):
    """Nothing for a while, then all at once."""
    await asyncio.sleep(x.number("ms", 300) / 1000)
    body = x.query.get("body", "").encode() or filler(x.number("size", 1000))
    await x.answer(200, body, x.query.get("kind", "text/plain"))
    return True


async def drip(x):
    """A body in equal pieces over a known time."""
    size, pieces, pause = x.number("size", 5000), x.number("pieces", 11), x.number("ms", 500)
    await x.raw(x.head(200, {"Content-Type": x.query.get("kind", "text/plain"),
                             "Cache-Control": "no-store", "Content-Length": size}))
    for piece in range(pieces):
        if piece:
            await asyncio.sleep(pause / 1000 / (pieces - 1))
        await x.raw(filler(size)[size * piece // pieces:size * (piece + 1) // pieces])
    return True


async def trailers(x):
    """Chunks with an extension, and fields after the last of them."""
    await x.raw(x.head(200, {"Content-Type": "text/plain", "Transfer-Encoding": "chunked",
                             "Trailer": "X-Checksum, X-Plants"}))
    for size in (10, 700, 3000):
        await x.raw(f"{size:x};part={size}\r\n".encode() + filler(size) + b"\r\n")
        await asyncio.sleep(0.02)
    await x.raw(b"0\r\nX-Checksum: 1234\r\nX-Plants: 3\r\n\r\n")
    return True


async def grpc(x):
    """What a gRPC service answers: messages with their lengths, and the status in the trailers."""
    await x.raw(x.head(200, {"Content-Type": "application/grpc", "Transfer-Encoding": "chunked",
                             "Trailer": "Grpc-Status, Grpc-Message"}))
    message = b"\x00" + struct.pack(">I", 11) + b"\x0a\x09well done"
    for _ in range(2):
        await x.raw(f"{len(message):x}\r\n".encode() + message + b"\r\n")
    await x.raw(b"0\r\nGrpc-Status: 0\r\nGrpc-Message: OK\r\n\r\n")
    return True


async def early_hints(x):
    """103 Early Hints, a pause, and the response proper."""
    await x.raw(b"HTTP/1.1 103 Early Hints\r\nLink: </css/late.css>; rel=preload; as=style\r\n\r\n")
    await asyncio.sleep(0.1)
    await x.answer(200, filler(500))
    return True


async def reset_now(x):
    x.reset()


async def reset_middle(x):
    """Half of what was promised, then RST."""
    head = x.head(200, {"Content-Type": "text/plain", "Content-Length": 40000})
    await x.raw(head + filler(20000))
    await asyncio.sleep(0.2)
    x.reset()


async def short(x):
    """Three quarters of what was promised, then an orderly close."""
    await x.raw(x.head(200, {"Content-Type": "text/plain", "Content-Length": 4000}) + filler(3000))


async def never(x):
    """The request is read, and that is all, until the client gives up."""
    await x.reader.read()


async def old_style(x):
    """HTTP/1.0: no length, the close is the end."""
    await x.raw(x.head(200, {"Content-Type": "text/plain"}, version="1.0") + filler(4000))


async def until_close(x):
    """HTTP/1.1 without a length: the close is the end here too."""
    await x.raw(x.head(200, {"Content-Type": "text/plain", "Connection": "close"}) + filler(9000))


async def trickle(x):
    """A large body that takes for ever."""
    await x.raw(x.head(200, {"Content-Type": x.query.get("kind", "text/plain"),
                             "Content-Length": 10_000_000}))
    while True:
        await x.raw(filler(4000))
        await asyncio.sleep(0.05)


async def missing(x):
    await x.answer(404, b"no such behaviour\n")
    return True


BEHAVIOURS = {
    "/api": api, "/think": think, "/drip": drip, "/trailers": trailers,
    "/early-hints": early_hints, "/reset-now": reset_now, "/reset-middle": reset_middle,
    "/short": short, "/never": never, "/old-style": old_style, "/until-close": until_close,
    "/trickle": trickle, "/garden.Plants": grpc,
}


async def serve(reader, writer):
    """Answer the requests of one connection until a behaviour has had enough of it."""
    try:
        while True:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), IDLE_SECONDS)
            first, *lines = head.decode("latin-1").split("\r\n")[:-2]
            method, target, _ = first.split(" ")
            headers = {}
            for line in lines:
                key, _, value = line.partition(":")
                headers[key.lower()] = value.strip()
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            exchange = Exchange(reader, writer, method, target, headers, body)
            behaviour = BEHAVIOURS.get("/" + exchange.path.split("/")[1], missing)
            if not await behaviour(exchange):
                break
    except (asyncio.TimeoutError, asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main():
    for address in sys.argv[1:]:
        host, _, port = address.rpartition(":")
        await asyncio.start_server(serve, host.strip("[]"), int(port))
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
