"""A resolver with bad manners for the names below trouble.test; others it passes on.

Run as a program: unruly_dns.py ADDRESS UPSTREAM.  dnsmasq stands behind it and knows the answers;
this program only decides what becomes of them.
"""

import asyncio
import struct
import sys

PORT = 53
LATE_SECONDS = 0.8
TRUNCATED, SERVFAIL, ANSWER = 0x0200, 2, 0x8180


def question_name(query):
    """The name that a query asks for."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1").lower())
        at += 1 + query[at]
    return ".".join(labels), at + 5


def bare_answer(query, flags):
    """An answer that holds the question and nothing else."""
    _, end = question_name(query)
    return query[:2] + struct.pack(">HHHHH", ANSWER | flags, 1, 0, 0, 0) + query[12:end]


class Upstream(asyncio.DatagramProtocol):
    """One question to the resolver behind."""

    def __init__(self, query):
        self.query, self.answer = query, asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        transport.sendto(self.query)

    def datagram_received(self, data, _):
        if not self.answer.done():
            self.answer.set_result(data)


async def ask(upstream, query):
    """The answer of the resolver behind."""
    loop = asyncio.get_running_loop()
    transport, question = await loop.create_datagram_endpoint(
        lambda: Upstream(query), remote_addr=(upstream, PORT))
    try:
        return await asyncio.wait_for(question.answer, 5)
    finally:
        transport.close()


class Resolver:
    """Decides by name; remembers which questions it has dropped already."""

    def __init__(self, upstream):
        self.upstream, self.dropped = upstream, set()

    async def over_udp(self, query):
        """The answer for a datagram, or None for silence."""
        name, end = question_name(query)
        question = query[12:end]
        if name == "mute.trouble.test":
            return None
        if name == "lost.trouble.test" and question not in self.dropped:
            self.dropped.add(question)
            return None
        if name == "fails.trouble.test":
            return bare_answer(query, SERVFAIL)
        if name == "large.trouble.test":
            return bare_answer(query, TRUNCATED)
        if name == "late.trouble.test":
            await asyncio.sleep(LATE_SECONDS)
        return await ask(self.upstream, query)

    async def over_tcp(self, reader, writer):
        """Answer the questions of a connection; only truncated answers lead here."""
        try:
            while True:
                (size,) = struct.unpack(">H", await reader.readexactly(2))
                answer = await ask(self.upstream, await reader.readexactly(size))
                writer.write(struct.pack(">H", len(answer)) + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


class Front(asyncio.DatagramProtocol):
    """The socket that the client asks."""

    def __init__(self, resolver):
        self.resolver, self.tasks = resolver, set()

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, origin):
        task = asyncio.get_running_loop().create_task(self._answer(data, origin))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _answer(self, data, origin):
        answer = await self.resolver.over_udp(data)
        if answer:
            self.transport.sendto(answer, origin)


async def main():
    address, upstream = sys.argv[1:]
    resolver = Resolver(upstream)
    await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Front(resolver), local_addr=(address, PORT))
    await asyncio.start_server(resolver.over_tcp, address, PORT)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
