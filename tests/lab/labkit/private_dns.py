"""The resolver over TLS (RFC 7858) and over HTTPS (RFC 8484); dnsmasq behind it knows the answers.

Run as a program: private_dns.py ADDRESS UPSTREAM CHAIN KEY.  For HTTPS it speaks plain HTTP/1.1 on
the loopback device, and nghttpx stands before it.
"""

import asyncio
import base64
import ssl
import struct
import sys
from urllib.parse import parse_qs, urlsplit

from unruly_dns import ask

TLS_PORT, BEHIND = 853, 8053


async def over_tls(reader, writer, upstream):
    """Answer the questions of a connection, each as soon as it can be."""
    waiting = set()

    async def answer(query):
        said = await ask(upstream, query)
        writer.write(struct.pack(">H", len(said)) + said)

    try:
        while True:
            (size,) = struct.unpack(">H", await reader.readexactly(2))
            task = asyncio.ensure_future(answer(await reader.readexactly(size)))
            waiting.add(task)
            task.add_done_callback(waiting.discard)
    except (asyncio.IncompleteReadError, ConnectionError):
        await asyncio.gather(*waiting)
        writer.close()


async def over_https(reader, writer, upstream):
    """Answer GET with the question in the address, and POST with it in the body."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.split("\r\n")[:-2]
            method, target, _ = first.split(" ")
            headers = {key.lower(): value.strip() for key, _, value in
                       (line.partition(":") for line in lines)}
            if method == "POST":
                query = await reader.readexactly(int(headers["content-length"]))
            else:
                text = parse_qs(urlsplit(target).query)["dns"][0]
                query = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            said = await ask(upstream, query)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/dns-message\r\n"
                         b"Cache-Control: max-age=300\r\nContent-Length: %d\r\n\r\n" % len(said))
            writer.write(said)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main():
    address, upstream, chain, key = sys.argv[1:]
    secured = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    secured.load_cert_chain(chain, key)
    secured.set_alpn_protocols(["dot"])
    await asyncio.start_server(
        lambda r, w: over_tls(r, w, upstream), address, TLS_PORT, ssl=secured)
    await asyncio.start_server(lambda r, w: over_https(r, w, upstream), "127.0.0.1", BEHIND)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
