"""A QUIC server that does on request what others never would: push, trailers, talk, forgetting.

Run by the Python that has aioquic, with its settings as JSON.  The path asked for says what to do:
`/NUMBER` is a body of that many bytes, `/push`, `/trailers` and `/hints` are what they say, and
`/reset` breaks off in the middle, and
after `/forget` the server knows nothing of the connection any more: whatever comes for it is
answered with a stateless reset.  Extended CONNECT opens a WebSocket or a WebTransport session, in
which everything comes back.  With the ALPN `doq` it hands questions to a resolver (RFC 9250).
"""

import asyncio
import json
import os
import struct
import sys

from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.asyncio.server import QuicServer
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import (
    DataReceived, DatagramReceived, HeadersReceived, WebTransportStreamDataReceived)
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import (
    DatagramFrameReceived, ProtocolNegotiated, StreamDataReceived)
from unruly_dns import ask

RESET_BYTES, TOKEN_BYTES = 43, 16
INTERNAL_ERROR = 0x102                  # H3_INTERNAL_ERROR
PAUSE_SECONDS = 0.05
STYLE = b".pushed { color: green }\n"


class Peer(QuicConnectionProtocol):
    """One connection, over HTTP/3 or DNS."""

    upstream = server = None

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.http, self.waiting, self.requests, self.talks = None, {}, {}, {}
        if not self._quic.configuration.connection_id_length:
            self._quic._replenish_connection_ids = lambda: None     # there are no others

    def quic_event_received(self, event):
        if isinstance(event, ProtocolNegotiated) and event.alpn_protocol in H3_ALPN:
            self.http = H3Connection(self._quic, enable_webtransport=True)
        if isinstance(event, DatagramFrameReceived) and self.http is None:
            self._quic.send_datagram_frame(event.data)
        if self.http is not None:
            for told in self.http.handle_event(event):
                self.http_event_received(told)
        elif isinstance(event, StreamDataReceived):
            self.waiting[event.stream_id] = self.waiting.get(event.stream_id, b"") + event.data
            if event.end_stream:
                asyncio.ensure_future(self.look_up(event.stream_id))

    async def look_up(self, stream):
        """Ask behind, where a question has to have a number."""
        number = os.urandom(2)
        said = await ask(self.upstream, number + self.waiting.pop(stream)[4:])
        self._quic.send_stream_data(
            stream, struct.pack(">H", len(said)) + b"\0\0" + said[2:], end_stream=True)
        self.transmit()

    def http_event_received(self, event):
        if isinstance(event, HeadersReceived):
            fields = dict(event.headers)
            if fields.get(b":method") == b"CONNECT":
                self.talks[event.stream_id] = fields[b":protocol"]
                self.http.send_headers(event.stream_id, [(b":status", b"200")])
            elif fields:
                self.requests.setdefault(event.stream_id, [fields, b""])
        elif isinstance(event, DataReceived) and event.stream_id in self.talks:
            self.talk(event)
        elif isinstance(event, DataReceived):
            self.requests[event.stream_id][1] += event.data
        elif isinstance(event, DatagramReceived):
            self.http.send_datagram(event.stream_id, event.data)
        elif isinstance(event, WebTransportStreamDataReceived):
            self._quic.send_stream_data(event.stream_id, event.data, event.stream_ended)
        if getattr(event, "stream_ended", False) and event.stream_id in self.requests:
            self.answer(event.stream_id, *self.requests.pop(event.stream_id))

    def talk(self, event):
        """A WebSocket's frames, each of which comes whole here: back unmasked, as from a server."""
        data = event.data
        if data:
            mask, said = data[2:6], data[6:]
            said = bytes(byte ^ mask[i % 4] for i, byte in enumerate(said))
            self.http.send_data(event.stream_id, bytes([data[0], len(said)]) + said, False)
        if event.stream_ended:
            self.http.send_data(event.stream_id, b"", True)

    def answer(self, stream, fields, body):
        path = fields[b":path"].decode().partition("?")[0]
        status, kind, trailers = 200, b"text/plain", []
        if path == "/push":
            asked = [(b":method", b"GET"), (b":scheme", b"https"),
                     (b":authority", fields[b":authority"]), (b":path", b"/pushed.css")]
            self.respond(self.http.send_push_promise(stream, asked), 200, b"text/css", STYLE)
        elif path == "/hints":
            self.http.send_headers(
                stream, [(b":status", b"103"), (b"link", b"</pushed.css>; rel=preload; as=style")])
        elif path == "/trailers":
            trailers = [(b"x-checksum", b"1234"), (b"x-boats", b"3")]
        elif path == "/forget":
            self.server.forget(self)
        elif path == "/reset":
            self.http.send_headers(stream, [(b":status", b"200"), (b"content-length", b"9000")])
            self.http.send_data(stream, STYLE, False)
            asyncio.get_running_loop().call_later(PAUSE_SECONDS, self.break_off, stream)
            return
        if path[1:].isdigit():
            body = b"0123456789abcdef" * (int(path[1:]) // 16 + 1)
            body = body[:int(path[1:])]
        elif fields[b":method"] == b"GET" and path not in (
                "/push", "/hints", "/trailers", "/forget"):
            status = 404
        self.respond(stream, status, kind, body or path.encode(), trailers)
        self.transmit()

    def break_off(self, stream):
        self._quic.reset_stream(stream, INTERNAL_ERROR)
        self.transmit()

    def respond(self, stream, status, kind, body, trailers=()):
        self.http.send_headers(stream, [
            (b":status", str(status).encode()), (b"server", b"boathouse"), (b"content-type", kind),
            (b"content-length", str(len(body)).encode())])
        self.http.send_data(stream, body, not trailers)
        if trailers:
            self.http.send_headers(stream, trailers, True)


class Server(QuicServer):
    """Keeps its session tickets, and can forget a connection (RFC 9000, section 10.3)."""

    def __init__(self, **options):
        self.tickets, self.tokens = {}, {}
        super().__init__(create_protocol=Peer, session_ticket_fetcher=self.tickets.get,
                         session_ticket_handler=lambda it: self.tickets.__setitem__(it.ticket, it),
                         **options)

    def forget(self, peer):
        """Lose the connection once it has said what it has to say."""
        self.tokens |= {it.cid: it.stateless_reset_token for it in peer._quic._host_cids}
        asyncio.get_running_loop().call_later(0.2, self._forget, peer)

    def _forget(self, peer):
        peer._timer.cancel()
        self._connection_terminated(peer)

    def datagram_received(self, data, address):
        short = not data[0] & 0x80
        cid = data[1:1 + self._configuration.connection_id_length]
        if short and cid in self.tokens and cid not in self._protocols:
            noise = bytearray(os.urandom(min(RESET_BYTES, len(data) - 1) - TOKEN_BYTES))
            noise[0] = 0x40 | noise[0] & 0x3F
            self._transport.sendto(bytes(noise) + self.tokens[cid], address)
        else:
            super().datagram_received(data, address)


async def main():
    settings = json.loads(sys.argv[1])
    configuration = QuicConfiguration(
        is_client=False, alpn_protocols=settings["alpn"], max_datagram_frame_size=65536,
        connection_id_length=settings.get("cid_length", 8),
        max_datagram_size=settings.get("datagram", 1200))
    configuration.supported_versions = settings.get("versions", configuration.supported_versions)
    configuration.load_cert_chain(settings["chain"], settings["key"])
    Peer.upstream = settings.get("upstream")
    loop = asyncio.get_running_loop()
    for address in settings["addresses"]:
        _, Peer.server = await loop.create_datagram_endpoint(
            lambda: Server(configuration=configuration, retry=settings.get("retry", False)),
            local_addr=(address, settings["port"]))
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
