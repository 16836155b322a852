"""A QUIC client that follows a plan, and says as JSON what came of it.

Run by the Python that has aioquic, with its plan as JSON: whom to talk to and from where, what to
offer, and steps: `get PATH...` (at once), `post PATH SIZE`, `update` (new keys), `rebind ADDRESS
PORT` (another address below an unchanged connection, as a NAT does), `migrate ADDRESS PORT` (the
same on purpose, under a new connection ID), `datagram TEXT`, `websocket TEXT...`, `webtransport
TEXT`, `look NAME...` (over DNS), `ping`, `cancel PATH` (asks, and gives the stream up at once),
`gone PATH` (asks who has forgotten the connection).  With `fails` it is meant that there is no
connection, with `silent` that it is left without a word.
"""

import asyncio
import json
import os
import pickle
import socket
import ssl
import struct
import sys

from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3Connection
from aioquic.h3.events import (
    DataReceived, DatagramReceived, HeadersReceived, PushPromiseReceived)
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.events import (
    ConnectionTerminated, DatagramFrameReceived, HandshakeCompleted, StreamDataReceived,
    StreamReset)
from aioquic.tls import CipherSuite

MASK = bytes((1, 2, 3, 4))
TEXT, CLOSE, FINAL, MASKED = 1, 8, 0x80, 0x80
CANCELLED = 0x10C                       # H3_REQUEST_CANCELLED
PATIENCE_SECONDS, PAUSE_SECONDS = 15, 0.3


class Client(QuicConnectionProtocol):
    """The client's side of the one connection."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.http, self.host = None, None
        self.asked, self.said, self.ended, self.lost = {}, {}, {}, asyncio.Event()
        self.statuses, self.informational, self.trailers, self.pushed = {}, {}, {}, []
        self.resets = {}
        self.raw = set()                    # streams that are no requests
        self.datagrams, self.heard, self.shaken, self.closed = [], asyncio.Event(), None, None

    def datagram_received(self, data, address):
        self.address = address
        if data[-16:] == self._quic._peer_cid.stateless_reset_token:
            self.lost.set()                 # nothing may be sent any more
            return
        super().datagram_received(data, address)

    def quic_event_received(self, event):
        if isinstance(event, HandshakeCompleted):
            self.shaken = event
        elif isinstance(event, ConnectionTerminated):
            self.closed = event
        elif isinstance(event, StreamReset):
            self.resets[event.stream_id] = event.error_code
            self._hear(event.stream_id, b"", True)
        if isinstance(event, StreamDataReceived) and event.stream_id in self.raw:
            self._hear(event.stream_id, event.data, event.end_stream)
        elif self.http is not None:
            for told in self.http.handle_event(event):
                self.http_event_received(told)
        elif isinstance(event, DatagramFrameReceived):
            self._hear_datagram(event)
        elif isinstance(event, StreamDataReceived):
            self._hear(event.stream_id, event.data, event.end_stream)

    def http_event_received(self, event):
        if isinstance(event, HeadersReceived):
            fields = {key.decode(): value.decode() for key, value in event.headers}
            status = int(fields.get(":status", 0))
            if not status:
                self.trailers[event.stream_id] = fields
            elif status < 200:
                self.informational[event.stream_id] = status
            else:
                self.statuses[event.stream_id] = status
            self._hear(event.stream_id, b"", event.stream_ended)
        elif isinstance(event, PushPromiseReceived):
            self.pushed.append(dict(event.headers)[b":path"].decode())
        elif isinstance(event, DatagramReceived):
            self._hear_datagram(event)
        elif isinstance(event, DataReceived):
            self._hear(event.stream_id, event.data, event.stream_ended)

    def _hear(self, stream, data, ended):
        self.said[stream] = self.said.get(stream, b"") + data
        if ended:
            self._end(stream).set()
        self.heard.set()

    def _hear_datagram(self, event):
        self.datagrams.append(event.data)
        self.heard.set()

    def _end(self, stream):
        return self.ended.setdefault(stream, asyncio.Event())

    def request(self, path, method="GET", body=b"", more=()):
        stream = self._quic.get_next_available_stream_id()
        self.asked[stream] = path
        self.http.send_headers(stream, [
            (b":method", method.encode()), (b":scheme", b"https"),
            (b":authority", self.host.encode()), (b":path", path.encode()), *more,
            (b"user-agent", b"lab")], method != "CONNECT" and not body)
        if body:
            self.http.send_data(stream, body, True)
        return stream

    async def until(self, condition):
        while not condition():
            self.heard.clear()
            await self.heard.wait()

    async def do_get(self, *paths):
        streams = [self.request(path) for path in paths]
        self.transmit()
        for stream in streams:
            await self._end(stream).wait()

    async def do_post(self, path, size):
        stream = self.request(path, "POST", b"p" * size, [(b"content-length", b"%d" % size)])
        self.transmit()
        await self._end(stream).wait()

    async def do_update(self):
        self.request_key_update()
        await self.ping()

    async def do_rebind(self, address, port):
        old = self._transport
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, sock=open_socket(address, port))
        old.close()

    async def do_migrate(self, address, port):
        self._quic.change_connection_id()
        await self.do_rebind(address, port)

    def connection_lost(self, error):
        """A socket of ours was closed: the connection goes on over another, or is done."""

    async def do_ping(self):
        await self.ping()

    async def do_datagram(self, text):
        before = len(self.datagrams)
        self._quic.send_datagram_frame(text.encode())
        self.transmit()
        await self.until(lambda: len(self.datagrams) > before)

    async def do_websocket(self, *texts):
        stream = self.request("/socket", "CONNECT", more=[
            (b":protocol", b"websocket"), (b"sec-websocket-version", b"13")])
        self.transmit()
        await self.until(lambda: stream in self.statuses)
        frames = [(TEXT, text.encode()) for text in texts] + [(CLOSE, struct.pack(">H", 1000))]
        for opcode, data in frames:
            before = len(self.said[stream])
            masked = bytes(byte ^ MASK[i % 4] for i, byte in enumerate(data))
            self.http.send_data(
                stream, bytes([FINAL | opcode, MASKED | len(data)]) + MASK + masked, False)
            self.transmit()
            await self.until(lambda: len(self.said[stream]) >= before + 2 + len(data))
        self.http.send_data(stream, b"", True)
        self.transmit()
        await self._end(stream).wait()

    async def do_webtransport(self, text):
        session = self.request("/transport", "CONNECT", more=[(b":protocol", b"webtransport")])
        self.transmit()
        await self.until(lambda: session in self.statuses)
        before = len(self.datagrams)
        self.http.send_datagram(session, text.encode())
        stream = self.http.create_webtransport_stream(session)
        self.raw.add(stream)
        self._quic.send_stream_data(stream, text.encode(), True)
        self.transmit()
        await self._end(stream).wait()
        await self.until(lambda: len(self.datagrams) > before)

    async def do_look(self, *names):
        for name in names:
            labels = b"".join(bytes([len(it)]) + it.encode() for it in name.split("."))
            query = struct.pack(">6H", 0, 0x0100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"
            stream = self._quic.get_next_available_stream_id()
            self._quic.send_stream_data(stream, struct.pack(">H", len(query)) + query, True)
            self.transmit()
            await self._end(stream).wait()

    async def do_cancel(self, path):
        stream = self.request(path)
        self.transmit()
        self._quic.stop_stream(stream, CANCELLED)
        await self.ping()

    async def do_gone(self, path):
        await asyncio.sleep(PAUSE_SECONDS)
        self.request(path)
        self.transmit()
        await self.lost.wait()
        self._timer.cancel()


def open_socket(address, port):
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind((address, port))
    return opened


async def talk(plan):
    kept = {}
    configuration = QuicConfiguration(
        alpn_protocols=plan["alpn"], server_name=plan["host"], max_datagram_frame_size=65536,
        connection_id_length=plan.get("cid_length", 8), secrets_log_file=open(plan["keys"], "a"),
        max_datagram_size=plan.get("datagram", 1200), original_version=plan.get("first_version"),
        token=bytes.fromhex(plan.get("token", "")), cafile=plan["root"],
        verify_mode=ssl.CERT_REQUIRED)
    configuration.supported_versions = plan.get("versions", configuration.supported_versions)
    if plan.get("cipher"):
        configuration.cipher_suites = [CipherSuite[plan["cipher"]]]
    if plan.get("resume"):
        with open(plan["resume"], "rb") as file:
            configuration.session_ticket = pickle.load(file)
    quic = QuicConnection(
        configuration=configuration, token_handler=lambda it: kept.__setitem__("token", it.hex()),
        session_ticket_handler=lambda it: kept.__setitem__("ticket", it))
    if not configuration.connection_id_length:
        quic._replenish_connection_ids = lambda: None   # there are no others (RFC 9000, 5.1.1)
        # What a client makes up for the server has eight bytes at least (RFC 9000, 7.2).
        quic._peer_cid.cid = quic._original_destination_connection_id = os.urandom(8)
    loop = asyncio.get_running_loop()
    client = Client(quic)
    await loop.create_datagram_endpoint(lambda: client, sock=open_socket(*plan["local"]))
    early = bool(plan.get("resume")) and plan.get("early", True)
    client.host = plan["host"]
    if plan["alpn"][0].startswith("h3"):    # before the server's first words
        client.http = H3Connection(quic, enable_webtransport=plan.get("webtransport", False))
    client.connect((plan["remote"], plan["port"]), transmit=not early)
    first = quic.original_destination_connection_id.hex()
    if plan.get("fails"):
        try:
            await client.wait_connected()
        except ConnectionError:
            return {"close": close_of(client), "original_dcid": first}
        raise SystemExit("there is a connection")
    if not early:
        await client.wait_connected()
    for step, *arguments in plan["steps"]:
        await getattr(client, f"do_{step}")(*arguments)
    if plan.get("keep"):
        await client.until(lambda: "ticket" in kept)
        with open(plan["keep"], "wb") as file:
            pickle.dump(kept["ticket"], file)
    if plan.get("silent"):
        client._timer.cancel()
    elif not client.lost.is_set():
        await client.ping()
        client.close(error_code=plan.get("close_code", 0x100 if client.http else 0),
                     reason_phrase=plan.get("close_reason", ""))
        await client.wait_closed()
    return say(plan, client, first, kept)


def close_of(client):
    """How the connection ended, by the one frame that says so."""
    said = client.closed
    return said and {"code": int(said.error_code), "reason": said.reason_phrase,
                     "application": said.frame_type is None}


def say(plan, client, first, kept):
    """What came of it."""
    quic, http = client._quic, client.http
    told = {
        "version": "TLSv1.3", "cipher": f"TLS_{quic.tls.key_schedule.cipher_suite.name}",
        "alpn": client.shaken.alpn_protocol, "resumed": client.shaken.session_resumed,
        "early_data": "not sent" if not (plan.get("resume") and plan.get("early", True))
        else "accepted" if client.shaken.early_data_accepted else "rejected",
        "quic_version": f"{quic._version:#x}", "original_dcid": first,
        "streams": [{"stream": stream, "path": path, "status": client.statuses.get(stream),
                     "size": len(client.said.get(stream, b""))}
                    for stream, path in client.asked.items()] if http else None,
        # of requests: what was pushed has none
        "statuses": list(client.statuses.values()) if http and not client.pushed else None,
        "resets": client.resets, "close": close_of(client),
        "informational": client.informational, "trailers": client.trailers,
        "pushed": client.pushed, "datagrams": len(client.datagrams),
        "stateless_reset": client.lost.is_set(), "token": kept.get("token"),
    }
    if not http:
        told["addresses"] = [address for stream in sorted(client.said)
                             for address in addresses(client.said[stream][2:])]
    return told


def addresses(message):
    """The IPv4 addresses of an answer, whose names are all compressed or aliases' (A records)."""
    found, (count,) = [], struct.unpack(">H", message[6:8])
    at = message.index(b"\0", 12) + 5
    for _ in range(count):
        while message[at] and message[at] < 0xC0:
            at += 1 + message[at]
        at += 1 if not message[at] else 2
        kind, _, _, size = struct.unpack(">HHIH", message[at:at + 10])
        if kind == 1:
            found.append(socket.inet_ntoa(message[at + 10:at + 10 + size]))
        at += 10 + size
    return found


if __name__ == "__main__":
    said = asyncio.run(asyncio.wait_for(talk(json.loads(sys.argv[1])), PATIENCE_SECONDS))
    print(json.dumps(said))
