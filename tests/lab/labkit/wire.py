"""What tshark sees in a capture, for checking the browser's account against the packets."""

import collections

from .shell import LabError, run

IN_ORDER = ("-o", "tcp.reassemble_out_of_order:TRUE", "-o", "tcp.desegment_tcp_streams:TRUE")
CLIENT = "(ip.src==192.0.2.2 || ipv6.src==2001:db8:1::2)"


def fields(path, display, *names):
    """One tuple of strings for each packet that the display filter lets through."""
    wanted = [word for name in names for word in ("-e", name)]
    text = run("tshark", "-n", *IN_ORDER, "-r", path, "-Y", display, "-T", "fields",
               "-E", "separator=/t", "-E", "occurrence=a", "-E", "aggregator=\x1f", *wanted,
               timeout=300)
    return [tuple(line.split("\t")) for line in text.splitlines()]


def requests(path):
    """The requests that the client sent, as (method, address), with the time of their last frame."""
    found = []
    shown = fields(path, f"http.request && {CLIENT}", "http.request.method",
                   "http.request.full_uri", "frame.time_epoch")
    for methods, uris, moment in shown:
        for method, uri in zip(methods.split("\x1f"), uris.split("\x1f")):
            found.append((method, uri, float(moment)))
    return found


def count(path, display):
    """How many packets a display filter lets through."""
    return len(fields(path, display, "frame.number"))


def summary(path):
    """The numbers that a fixture's notes give."""
    protocols = {
        "ARP": "arp", "NDP": "icmpv6.type==135 || icmpv6.type==136", "DNS": "dns",
        "ICMP": "icmp || icmpv6.type<5", "retransmissions": "tcp.analysis.retransmission", "resets": "tcp.flags.reset==1",
    }
    first_last = [float(row[0]) for row in fields(path, "frame", "frame.time_epoch")]
    counted = {name: count(path, display) for name, display in protocols.items()}
    opened = {row[0] for row in fields(path, "tcp.flags.syn==1 && tcp.flags.ack==0", "tcp.stream")}
    return {
        "packets": len(first_last), "bytes": path.stat().st_size,
        "seconds": round(max(first_last) - min(first_last), 3),
        "TCP connections": len(opened), **{name: number for name, number in counted.items() if number},
    }


def check(path, truth, background):
    """Refuse a truth that is not, request for request, what the packets say."""
    seen = collections.Counter((method, uri) for method, uri, _ in requests(path))
    told = collections.Counter(
        (entry["method"], _plain(entry["url"])) for entry in truth["requests"] if entry["on_wire"])
    told.update((entry["method"], _plain(entry["url"])) for entry in background)
    if seen != told:
        raise LabError(f"capture and truth differ: only in the capture {dict(seen - told)}, "
                       f"only in the truth {dict(told - seen)}")
    return sum(seen.values())


def lateness(path, truth):
    """By how many ms the packets of the requests follow the browser's own `send_start`.

    A few tenths are the way through the kernel; more would mean that the clocks of the two
    records do not agree, or that requests were paired wrongly.
    """
    waiting = {}
    for method, uri, moment in requests(path):
        waiting.setdefault((method, uri), []).append(moment)
    found = []
    ordered = sorted((e for e in truth["requests"] if e["on_wire"]), key=lambda e: e["send_start"])
    for entry in ordered:
        moments = waiting.get((entry["method"], _plain(entry["url"])))
        if moments and entry["source"] == "cdp":
            found.append((moments.pop(0) - entry["send_start"]) * 1000)
    return sorted(found)


def _plain(url):
    return url.split("#")[0]
