"""What tshark sees in a capture, for checking the browser's account against the packets."""

import xml.etree.ElementTree as xml
from collections import Counter

from . import names
from .shell import LabError, run

IN_ORDER = ("-o", "tcp.reassemble_out_of_order:TRUE", "-o", "tcp.desegment_tcp_streams:TRUE")

# A WebSocket is opened by a request for an address of HTTP.
PLAIN = {"ws": "http", "wss": "https"}


def tshark(path, display, *options):
    """What tshark prints of the packets that the display filter lets through."""
    keys = path.with_name("keys.log")
    decrypt = ("-o", f"tls.keylog_file:{keys}") if keys.exists() else ()
    return run("tshark", "-n", *IN_ORDER, *decrypt, "-r", path, "-Y", display, *options,
               timeout=300)


def fields(path, display, *names):
    """One tuple of strings for each packet that the display filter lets through."""
    wanted = [word for name in names for word in ("-e", name)]
    text = tshark(path, display, "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a",
                  "-E", "aggregator=\x1f", *wanted)
    return [tuple(line.split("\t")) for line in text.splitlines()]


def exchanges(path):
    """The requests that the client sent, each with the time of its last frame and its status.

    The status is None when no answer came, or none that tshark could put together.
    """
    return sorted(_http1(path) + _http2(path), key=lambda entry: entry["at"])


def _http1(path):
    found, waiting = [], {}
    shown = fields(path, "http.request || http.response", "tcp.stream", "http.request.method",
                   "http.request.full_uri", "http.response.code", "frame.time_epoch")
    for stream, method, uri, codes, moment in shown:
        if method:
            entry = {"method": method, "url": uri, "at": float(moment), "status": None}
            found.append(entry)
            waiting.setdefault(stream, []).append(entry)
        for code in codes.split("\x1f"):
            if code and int(code) >= 200 and waiting.get(stream):
                waiting[stream].pop(0)["status"] = int(code)
    return found


def _http2(path):
    """Requests by their streams: a frame may have the heads of several of them."""
    found, waiting = [], {}
    text = tshark(path, "http2.header", "-T", "pdml")
    for packet in xml.fromstring(text).iter("packet"):
        shown = {field.get("name"): field.get("show") for field in packet.iter("field")}
        for stream in packet.iterfind(".//field[@name='http2.stream']"):
            own = stream.find(".//field[@name='http2.streamid']")
            head = {}
            for header in stream.iterfind(".//field[@name='http2.header']"):
                parts = (header.find(f"field[@name='http2.header.{part}']")
                         for part in ("name", "value"))
                name, value = (part.get("show") for part in parts)
                head.setdefault(name, value)
            key = shown["tcp.stream"], own is not None and own.get("show")
            if ":method" in head:
                url = f"{head.get(':scheme')}://{head.get(':authority')}{head.get(':path')}"
                waiting[key] = {"method": head[":method"], "url": url, "status": None,
                                "at": float(shown["frame.time_epoch"])}
                found.append(waiting[key])
            elif key in waiting and int(head.get(":status", 0)) >= 200:
                waiting[key]["status"] = int(head[":status"])
    return found


def count(path, display):
    """How many packets a display filter lets through."""
    return len(fields(path, display, "frame.number"))


def summary(path):
    """The numbers that a fixture's notes give."""
    protocols = {
        "ARP": "arp", "NDP": "icmpv6.type==135 || icmpv6.type==136", "DNS": "dns",
        "TLS handshakes": "tls.handshake.type==1",
        "ICMP errors": "icmp || icmpv6.type<5", "retransmissions": "tcp.analysis.retransmission",
        "resets": "tcp.flags.reset==1",
    }
    first_last = [float(row[0]) for row in fields(path, "frame", "frame.time_epoch")]
    counted = {name: count(path, display) for name, display in protocols.items()}
    over_quic = {number for (number,) in fields(path, "quic", "quic.connection.number")}
    first_packets = fields(path, "tcp.flags.syn==1 && tcp.flags.ack==0", "tcp.stream")
    opened = {stream for (stream,) in first_packets}
    return {
        "packets": len(first_last), "bytes": path.stat().st_size,
        "seconds": round(max(first_last) - min(first_last), 3),
        "TCP connections": len(opened),
        **({"QUIC connections": len(over_quic)} if over_quic else {}),
        **{name: number for name, number in counted.items() if number},
    }


def check(path, truth, background):
    """Refuse a truth that is not, request for request, what the packets say.

    tshark 4.0 shows no header fields of HTTP/3: of these requests it is the streams that the client
    began, connection by connection, that have to be the browser's. Connections that were open
    before the capture began are left out: tshark cannot read them.
    """
    over_quic, others = _over_quic(truth)
    told = [entry for entry in others if entry["readable"]] + background
    seen, begun = exchanges(path), streams(path)
    _compare("requests", Counter(map(_request, seen)), Counter(map(_request, told)))
    broken = {_request(entry) for entry in seen if entry["status"] is None}
    _compare("statuses",
             Counter((*_request(e), e["status"]) for e in seen if _request(e) not in broken),
             Counter((*_request(e), e["status"]) for e in told if _request(e) not in broken))
    over_quic = [_stream(entry) for entry in over_quic if entry["readable"]]
    _compare("streams", Counter(begun.keys()), Counter(over_quic))
    return len(seen) + len(begun)


def streams(path):
    """The requests over QUIC, as the client's port and the number of the stream, with their times.

    Streams that the client begins in both directions have numbers that four divides.
    """
    found = {}
    shown = fields(path, f"quic.stream.stream_id && ip.src == {names.CLIENT4}", "udp.srcport",
                   "quic.stream.stream_id", "frame.time_epoch")
    for port, numbers, moment in shown:
        for number in map(int, numbers.split("\x1f")):
            if number % 4 == 0:
                found.setdefault((int(port), number), float(moment))
    return found


def _over_quic(truth):
    """The requests over QUIC connections whose begin was captured, and those not over QUIC."""
    quic = {entry["source"]: entry["connect_start"] for entry in truth["connections"]
            if entry["kind"] == "quic"}
    over = [entry for entry in truth["requests"] if quic.get(entry["connection_id"])]
    return over, [entry for entry in truth["requests"] if entry["connection_id"] not in quic]


def _stream(entry):
    return int(entry["local"].rpartition(":")[2]), entry["stream"]


def _compare(what, seen, told):
    if seen != told:
        raise LabError(f"{what} of capture and truth differ: only in the capture "
                       f"{dict(seen - told)}, only in the truth {dict(told - seen)}")


def lateness(path, truth):
    """By how many ms the packets of the requests follow the browser's own `send_start`.

    A few tenths are the way through the kernel; more would mean that the clocks of the two
    records do not agree, or that requests were paired wrongly.
    """
    waiting, found = {}, []
    for entry in exchanges(path):
        waiting.setdefault(_request(entry), []).append(entry["at"])
    over_quic, others = ([entry for entry in entries if entry["readable"]
                          and entry["source"] == "cdp"] for entries in _over_quic(truth))
    for entry in sorted(others, key=lambda entry: entry["send_start"]):
        found.append((waiting[_request(entry)].pop(0) - entry["send_start"]) * 1000)
    begun = streams(path)
    for entry in over_quic:
        found.append((begun[_stream(entry)] - entry["send_start"]) * 1000)
    return sorted(found)


def _request(entry):
    scheme, _, rest = entry["url"].split("#")[0].partition("://")
    return entry["method"], f"{PLAIN.get(scheme, scheme)}://{rest}"
