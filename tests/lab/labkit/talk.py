"""A server for talk that lasts: WebSockets (RFC 6455, with RFC 7692) and server-sent events.

Run as a program with the addresses to listen on; nginx stands before it.  `/ws/deflate` compresses
and keeps its window from message to message, `/ws/fresh` compresses each message for itself, and
`/ws/plain` does not compress.  A client's text begins with what it wants: `echo`, `pieces`, `ping`
or `close CODE REASON`.  `/events` counts, goes on behind `Last-Event-ID`, and ends after `count`.
"""

import asyncio
import base64
import hashlib
import struct
import sys
import zlib
from urllib.parse import parse_qs, urlsplit

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
FINAL, COMPRESSED = 0x80, 0x40
TAIL = b"\0\0\xff\xff"
PAUSE_SECONDS = 0.05


class Socket:
    """The server's side of one WebSocket."""

    def __init__(self, reader, writer, compress, fresh):
        self.reader, self.writer = reader, writer
        self.compress, self.fresh = compress, fresh
        self.deflate, self.inflate = zlib.compressobj(wbits=-15), zlib.decompressobj(wbits=-15)

    async def receive(self):
        """The next message or control frame: its opcode and what it says."""
        opcode, first, whole = None, 0, b""
        while True:
            head, size = await self.reader.readexactly(2)
            size &= 0x7F
            if size == 126:
                (size,) = struct.unpack(">H", await self.reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack(">Q", await self.reader.readexactly(8))
            mask = await self.reader.readexactly(4)
            data = await self.reader.readexactly(size)
            data = bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))
            if head & 0x0F >= CLOSE:
                return head & 0x0F, data
            if opcode is None:
                opcode, first = head & 0x0F, head
            whole += data
            if head & FINAL:
                return opcode, self._unpack(whole) if first & COMPRESSED else whole

    async def send(self, opcode, data, pieces=1):
        """Send a message in that many frames, or a control frame."""
        flag = 0
        if self.compress and opcode < CLOSE:
            flag, data = COMPRESSED, self._pack(data)
        step = -(-len(data) // pieces) or 1
        for piece in range(pieces):
            part = data[piece * step:(piece + 1) * step]
            head = (opcode | flag if piece == 0 else CONTINUATION) | FINAL * (piece == pieces - 1)
            size = (bytes([len(part)]) if len(part) < 126 else
                    struct.pack(">BH", 126, len(part)) if len(part) < 1 << 16 else
                    struct.pack(">BQ", 127, len(part)))
            self.writer.write(bytes([head]) + size + part)
            await self.writer.drain()

    def _pack(self, data):
        if self.fresh:
            self.deflate = zlib.compressobj(wbits=-15)
        return (self.deflate.compress(data) + self.deflate.flush(zlib.Z_SYNC_FLUSH))[:-4]

    def _unpack(self, data):
        if self.fresh:
            self.inflate = zlib.decompressobj(wbits=-15)
        return self.inflate.decompress(data + TAIL)


async def web_socket(reader, writer, path, headers):
    """Open as the path wants, then do what the client says until it or we close."""
    answer = base64.b64encode(hashlib.sha1(headers["sec-websocket-key"].encode() + MAGIC).digest())
    compress, fresh = not path.endswith("/plain"), path.endswith("/fresh")
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
             f"Sec-WebSocket-Accept: {answer.decode()}"]
    if compress:
        own = "; server_no_context_takeover; client_no_context_takeover" * fresh
        lines.append(f"Sec-WebSocket-Extensions: permessage-deflate{own}")
    if "sec-websocket-protocol" in headers:
        lines.append(f"Sec-WebSocket-Protocol: {headers['sec-websocket-protocol'].split(',')[0]}")
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    socket = Socket(reader, writer, compress, fresh)
    while True:
        opcode, data = await socket.receive()
        word = data.split(b" ")[0] if opcode == TEXT else b""
        if opcode == CLOSE:
            await socket.send(CLOSE, data)
            return
        if word == b"close":
            _, code, reason = data.split(b" ", 2)
            await socket.send(CLOSE, struct.pack(">H", int(code)) + reason)
            await socket.receive()          # the client's own, which is the last word
            return
        if word == b"ping":
            await socket.send(PING, b"still there?")
            while (await socket.receive())[0] != PONG:
                pass
            await socket.send(TEXT, b"pong came")
        elif opcode in (TEXT, BINARY):
            await socket.send(opcode, data, pieces=3 if word == b"pieces" else 1)


async def events(writer, headers, query):
    """Numbers, one event each; the client comes back for more when the stream ends."""
    after, count = int(headers.get("last-event-id", 0)), int(query.get("count", ["3"])[0])
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                 b"Cache-Control: no-store\r\nConnection: close\r\n\r\nretry: 100\n\n")
    for number in range(after + 1, after + 1 + count):
        await asyncio.sleep(PAUSE_SECONDS)
        kind = "event: tick\n" * (number % 2)
        writer.write(f": number {number}\n{kind}id: {number}\ndata: {{\"n\": {number},\n"
                     f"data: \"even\": {str(number % 2 == 0).lower()}}}\n\n".encode())
        await writer.drain()


async def serve(reader, writer):
    """One connection is one talk."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")[:-2]
        headers = {key.lower(): value.strip() for key, _, value in
                   (line.partition(":") for line in lines)}
        parts = urlsplit(first.split(" ")[1])
        if "sec-websocket-key" in headers:
            await web_socket(reader, writer, parts.path, headers)
        else:
            await events(writer, headers, parse_qs(parts.query))
    except (asyncio.IncompleteReadError, ConnectionError):
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
