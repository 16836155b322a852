"""The browser's own account of a visit, put together from DevTools events and the net log.

DevTools knows what a request was for (page, initiator, cache, phases); the net log knows what was
really sent.  A request is `on_wire` when the net log has a send for it, and a send that DevTools
does not tell about becomes a request of its own with `source: "netlog"`.
"""

from .pages import Pages
from .sockets import Socket

LONGEST_BODY = 4096                     # characters of a request's body that are kept
PHASES = ("blocked", "dns", "connect", "ssl", "send", "wait", "receive")


class Request:
    """What DevTools says about one request or one hop of a redirect."""

    def __init__(self, params, page):
        self.sent, self.page = params, page
        self.response = None
        self.sent_extra = None
        self.received_extra = None
        self.finished = self.failed = None
        self.from_cache = False
        self.decoded = self.encoded = 0
        self.redirect = False
        self.told = []                      # events of an event source

    @property
    def clock(self):
        """What to add to the browser's monotonic seconds to have epoch seconds."""
        return self.sent["wallTime"] - self.sent["timestamp"]


def collect(events):
    """Follow the events of all sessions; return pages, requests in order of start, and sockets."""
    pages = Pages(events)
    requests, current, extras, sockets = [], {}, {}, {}
    for event in events:
        method, params = event["method"], event["params"]
        if not method.startswith("Network."):
            pages.take(event)
            continue
        # A frame of another site begins in its parent's session and ends in its own, under one id.
        key = params.get("requestId")
        name = method.removeprefix("Network.")
        if name == "requestWillBeSent":
            if "redirectResponse" in params and key in current:
                hop = current[key]
                hop.response, hop.redirect = params["redirectResponse"], True
                hop.finished = {"timestamp": params["timestamp"],
                                "encodedDataLength": hop.response.get("encodedDataLength")}
            current[key] = Request(params, pages.page_of(event))
            requests.append(current[key])
            extras.setdefault(key, {"hops": [], "sent": [], "received": []})["hops"].append(
                current[key])
        elif name in ("requestWillBeSentExtraInfo", "responseReceivedExtraInfo"):
            side = "sent" if name.startswith("request") else "received"
            extras.setdefault(key, {"hops": [], "sent": [], "received": []})[side].append(params)
        elif name == "webSocketCreated":
            sockets[key] = Socket(event, pages.page_of(event))
        elif key in sockets:
            sockets[key].take(name, params)
        elif key in current:
            _follow(current[key], name, params)
    for found in extras.values():
        _pair(found)
    # data: and blob: addresses are requests to the page only.
    requests = [r for r in requests if r.sent["request"]["url"].startswith("http")]
    return pages, requests, sockets.values()


def _follow(request, name, params):
    if name == "responseReceived":
        request.response = params["response"]
    elif name == "requestServedFromCache":
        request.from_cache = True
    elif name == "dataReceived":
        request.decoded += params["dataLength"]
        request.encoded += params["encodedDataLength"]
    elif name == "loadingFinished":
        request.finished = params
    elif name == "loadingFailed":
        request.failed = params
    elif name == "eventSourceMessageReceived":
        request.told.append(params)


def _pair(found):
    """Give each hop its wire headers: they come as events of their own, in the hops' order."""
    hops = found["hops"]
    for side, attribute in (("sent", "sent_extra"), ("received", "received_extra")):
        extras = [extra for extra in found[side] if extra.get("statusCode") not in (100, 103)]
        takers = hops
        if len(extras) < len(hops):         # hops from a cache have none
            takers = [hop for hop in hops if not hop.from_cache]
        for hop, extra in zip(takers, extras):
            setattr(hop, attribute, extra)


def build(name, version, events, netlog):
    """The whole truth of a visit as plain data."""
    pages, found, sockets = collect(events)
    requests = [_entry(request, index) for index, request in enumerate(found)]
    requests += [socket.entry(_blank()) for socket in sockets]
    sends = netlog.sends()
    taken = set()
    for entry in sorted(requests, key=lambda entry: entry["send_start"] or entry["start"]):
        _match(entry, sends, taken)
    connections = netlog.connections() + netlog.quic_sessions()
    for send in sends:
        if id(send) not in taken and send["url"]:
            requests.append(_from_send(send, pages))
    by_source = {connection["source"]: connection for connection in connections}
    failed = {(entry["page"], entry["start"]) for entry in requests
              if entry["error"] and entry["status"] is None}
    shown = pages.list()
    for page in shown:
        if (page["id"], page["start"]) in failed:
            # What loaded there was the browser's own page about the failure.
            page["dcl_ms"] = page["load_ms"] = None
    for entry in requests:
        connection = by_source.get(entry["connection_id"], {})
        entry["local"] = connection.get("local")
        if entry["remote_ip"] is None and connection.get("remote"):
            ip, port = connection["remote"].rsplit(":", 1)
            entry["remote_ip"], entry["remote_port"] = ip.strip("[]"), int(port)
    requests.sort(key=lambda entry: entry["start"])
    return {
        "scenario": name, "client": version, "pages": shown, "requests": requests,
        "connections": connections, "dns": netlog.lookups(),
    }


def forget_before(truth, began):
    """Take out what was over before the capture began, and say which requests the capture shows.

    A TLS connection cannot be read without its handshake, whatever keys there are. One of QUIC can:
    each of its packets has its number, and which keys are its own can be tried.
    """
    seen = set()
    for connection in truth["connections"]:
        if connection["kind"] == "quic":
            seen.add(connection["source"])
        if connection["connect_start"] >= began:
            seen.add(connection["source"])
        else:                               # the capture does not show how it was opened
            for key in ("connect_start", "connect_end", "ssl_start", "ssl_end"):
                connection[key] = None
    truth["connections"] = [connection for connection in truth["connections"]
                            if (connection["closed"] or began) >= began]
    truth["dns"] = [lookup for lookup in truth["dns"] if lookup["start"] >= began]
    truth["requests"] = [entry for entry in truth["requests"] if entry["start"] >= began]
    of_pages = {entry["page"] for entry in truth["requests"]}
    truth["pages"] = [page for page in truth["pages"] if page["id"] in of_pages]
    for entry in truth["requests"]:
        plain = entry["url"].startswith(("http:", "ws:"))
        entry["readable"] = entry["on_wire"] and (plain or entry["connection_id"] in seen)


def _match(entry, sends, taken):
    """Find the send of a request: same method and address, nearest in time."""
    url = entry["url"].split("#")[0]
    wanted = entry["send_start"] or entry["start"]
    best = None
    for send in sends:
        if id(send) in taken or (send["method"], send["url"]) != (entry["method"], url):
            continue
        if entry["from_disk_cache"] and not entry["revalidated"]:
            continue
        if best is None or abs(send["sent"] - wanted) < abs(best["sent"] - wanted):
            best = send
    if best is None:                        # from a cache, or it never came so far
        entry["connection_reused"] = None
        return
    taken.add(id(best))
    entry["on_wire"] = True
    entry["connection_id"] = entry["connection_id"] or best["socket"]
    entry["stream"] = best["stream"]
    if best["data"] is not None:            # what DevTools counts has heads and frames in it
        entry["body_encoded"], entry["body_framed"] = best["data"], False
    entry["send_start"] = entry["send_start"] or best["sent"]
    entry["status"] = entry["status"] or best["status"]
    if entry["end"] is None and entry["error"] is None:
        # The page was left: DevTools never says what became of the request.
        entry["end"], entry["error"], entry["canceled"] = best["ended"], "net::ERR_ABORTED", True
        entry["phases"]["receive"] = None
        if not entry["body_framed"] and not entry["content_encoding"]:
            entry["body_encoded"] = entry["body_decoded"]


def _entry(request, index):
    sent, response, extra = request.sent, request.response or {}, request.received_extra or {}
    clock, timing = request.clock, (request.response or {}).get("timing")
    status = extra.get("statusCode") or response.get("status")
    end = request.finished or request.failed
    cached = bool(response.get("fromDiskCache")) or request.from_cache
    revalidated = status == 304 and response.get("status") != 304
    entry = {
        "id": f"{sent['requestId']}/{index}", "source": "cdp", "page": request.page,
        "url": sent["request"]["url"], "method": sent["request"]["method"],
        "type": sent.get("type"), "status": status, "status_page": response.get("status"),
        "protocol": response.get("protocol"),
        "remote_ip": (response.get("remoteIPAddress") or "").strip("[]") or None,
        "remote_port": response.get("remotePort"),
        "connection_id": response.get("connectionId") or None,
        "connection_reused": response.get("connectionReused"), "stream": None,
        "start": sent["wallTime"], "send_start": None, "first_byte": None,
        "end": clock + end["timestamp"] if end else None,
        "phases": dict.fromkeys(PHASES), "dns_at": None, "connect_at": None,
        "mime": response.get("mimeType"), "initiator": _initiator(sent),
        "document_url": sent.get("documentURL"), "redirect": request.redirect,
        "from_memory_cache": request.from_cache,
        "from_disk_cache": bool(response.get("fromDiskCache")) and not revalidated,
        "revalidated": revalidated,
        "error": request.failed["errorText"] if request.failed else None,
        "canceled": bool(request.failed and request.failed.get("canceled")),
        "on_wire": False,
        "request_headers": (request.sent_extra or {}).get("headers") or sent["request"]["headers"],
        "request_body": _short(sent["request"].get("postData")),
        "response_headers": extra.get("headers") or response.get("headers") or {},
    }
    if timing and not (cached and not revalidated):
        _add_phases(entry, timing, clock, sent["timestamp"])
    _add_sizes(entry, request, extra, response)
    if request.told:
        entry["events"] = [{"id": told["eventId"], "name": told["eventName"],
                            "size": len(told["data"].encode()), "at": clock + told["timestamp"]}
                           for told in request.told]
    return entry


def _short(body):
    """A body that is worth having in a fixture, or none."""
    return body if body is not None and len(body) <= LONGEST_BODY else None


def _initiator(sent):
    initiator = sent.get("initiator", {})
    url = initiator.get("url")
    if url is None:
        frames = initiator.get("stack", {}).get("callFrames", [])
        url = frames[0]["url"] if frames else None
    return {"type": initiator.get("type"), "url": url}


def _add_phases(entry, timing, clock, began):
    base = timing["requestTime"]

    def span(first, last):
        # A request in early data leaves before its connection is open: it waits for it no longer.
        end = min(timing[last], max(timing[first], timing["sendStart"]))
        return round(end - timing[first], 3) if timing[first] >= 0 else None

    headers = timing.get("receiveHeadersStart") or timing["receiveHeadersEnd"]
    entry["send_start"] = clock + base + timing["sendStart"] / 1000
    entry["first_byte"] = clock + base + headers / 1000
    received = None
    if entry["end"] is not None and entry["error"] is None:
        received = round(max(0.0, (entry["end"] - entry["first_byte"]) * 1000), 3)
    dns, connect = span("dnsStart", "dnsEnd"), span("connectStart", "connectEnd")
    before = (base - began) * 1000 + timing["sendStart"]
    entry["phases"] = {
        # All of the time before the request was sent that is not named otherwise.
        "blocked": round(before - (dns or 0) - (connect or 0), 3), "dns": dns, "connect": connect,
        "ssl": span("sslStart", "sslEnd"),
        "send": round(timing["sendEnd"] - timing["sendStart"], 3),
        "wait": round(headers - timing["sendEnd"], 3), "receive": received,
    }
    for key, step in (("dns_at", "dnsStart"), ("connect_at", "connectStart")):
        if timing[step] >= 0:
            entry[key] = clock + base + timing[step] / 1000


def _add_sizes(entry, request, extra, response):
    """Sizes of the body: as it was sent, and as the page saw it."""
    headers = {key.lower(): value for key, value in entry["response_headers"].items()}
    finished = (request.finished or {}).get("encodedDataLength")
    text = extra.get("headersText")
    entry["encoded_data_length"] = finished
    entry["content_encoding"] = headers.get("content-encoding")
    entry["body_framed"] = "chunked" in headers.get("transfer-encoding", "").lower()
    if entry["method"] == "HEAD" or entry["status"] in (204, 304):
        entry["body_encoded"] = 0
    elif finished is not None and text is not None:
        entry["body_encoded"] = max(0, int(finished) - len(text))
    else:
        entry["body_encoded"] = request.encoded
    if entry["error"] and response and not entry["body_framed"] and not entry["content_encoding"]:
        entry["body_encoded"] = request.decoded     # a body that broke off is not counted well
    length = headers.get("content-length")
    bodiless = entry["method"] == "HEAD" or entry["status"] in (204, 304)
    if length is not None and not entry["error"] and not bodiless:
        # The browser's count includes heads of informational answers and lacks the bodies of
        # redirects and beacons; what came whole is as long as was announced.
        entry["body_encoded"] = int(length)
    # Of a navigation that failed, what was decoded is the browser's own page about that.
    unread = request.redirect or entry["type"] == "Ping" or (entry["error"] and not response)
    entry["body_decoded"] = None if unread else request.decoded


def _blank():
    """An entry of which nothing is known."""
    return {
        "id": None, "source": None, "page": None, "url": None, "method": None, "type": None,
        "status": None, "status_page": None, "protocol": None, "remote_ip": None,
        "remote_port": None, "connection_id": None, "connection_reused": None, "stream": None,
        "start": None, "send_start": None, "first_byte": None, "end": None,
        "phases": dict.fromkeys(PHASES), "dns_at": None, "connect_at": None, "mime": None,
        "initiator": {"type": None, "url": None}, "document_url": None, "redirect": False,
        "from_memory_cache": False, "from_disk_cache": False, "revalidated": False, "error": None,
        "canceled": False, "on_wire": False, "request_headers": {}, "request_body": None,
        "response_headers": {}, "encoded_data_length": None, "content_encoding": None,
        "body_framed": False, "body_encoded": None, "body_decoded": None, "readable": False,
    }


def _from_send(send, pages):
    """A request that only the net log knows."""
    return _blank() | {
        "id": f"netlog.{send['request']}", "source": "netlog", "page": pages.page_at(send["sent"]),
        "url": send["url"], "method": send["method"], "status": send["status"],
        "connection_id": send["socket"], "stream": send["stream"], "start": send["sent"],
        "send_start": send["sent"], "first_byte": send["answered"], "on_wire": True,
        "initiator": {"type": None, "url": send["initiator"]},
        "request_headers": dict(h.split(": ", 1) for h in send["request_headers"] if ": " in h),
        "response_headers": dict(h.split(": ", 1) for h in send["response_headers"] if ": " in h),
        "body_encoded": send["data"],
    }
