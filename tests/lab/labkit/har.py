"""The truth as an HTTP Archive (HAR 1.2), for tools that compare archives."""

import datetime
from urllib.parse import parse_qsl, urlsplit

VERSIONS = {"http/1.0": "HTTP/1.0", "h2": "HTTP/2", "h3": "HTTP/3"}


def build(truth):
    """An archive with one entry for each request that went over the wire."""
    return {"log": {
        "version": "1.2", "creator": {"name": "urltrace visit lab", "version": "1"},
        "browser": {"name": "Chromium", "version": truth["client"].rpartition("/")[2]},
        "pages": [
            {"startedDateTime": _time(page["start"]), "id": page["id"], "title": page["url"],
             "pageTimings": {"onContentLoad": page["dcl_ms"] or -1,
                             "onLoad": page["load_ms"] or -1}}
            for page in truth["pages"]
        ],
        "entries": [_entry(request) for request in truth["requests"] if request["on_wire"]],
    }}


def _entry(request):
    timings = {name: -1 if value is None else value for name, value in request["phases"].items()}
    for name in ("send", "wait", "receive"):        # the format asks for numbers here
        timings[name] = max(0, timings[name])
    version = VERSIONS.get(request["protocol"], "HTTP/1.1")
    entry = {
        "startedDateTime": _time(request["start"]),
        "time": round(sum(value for name, value in timings.items()
                          if value > 0 and name != "ssl"), 3),
        "request": {
            "method": request["method"], "url": request["url"], "httpVersion": version,
            "cookies": [], "headers": _headers(request["request_headers"]),
            "queryString": [{"name": name, "value": value} for name, value in
                            parse_qsl(urlsplit(request["url"]).query, keep_blank_values=True)],
            "headersSize": -1, "bodySize": _sent(request),
        },
        "response": {
            "status": request["status"] or 0, "statusText": "", "httpVersion": version,
            "cookies": [], "headers": _headers(request["response_headers"]),
            "content": {"size": request["body_decoded"] or 0, "mimeType": request["mime"] or ""},
            "redirectURL": _location(request), "headersSize": -1,
            "bodySize": -1 if request["body_encoded"] is None else request["body_encoded"],
        },
        "cache": {}, "timings": timings,
    }
    if request["page"]:
        entry["pageref"] = request["page"]
    if request["request_body"]:
        entry["request"]["postData"] = {"mimeType": request["request_headers"].get(
            "Content-Type", ""), "text": request["request_body"]}
    if request["remote_ip"]:
        entry["serverIPAddress"] = request["remote_ip"]
    if request["connection_id"]:
        entry["connection"] = str(request["connection_id"])
    if request["error"]:
        entry["comment"] = request["error"]
    return entry


def _sent(request):
    """Bytes of the request's body."""
    table = {name.lower(): value for name, value in request["request_headers"].items()}
    return int(table.get("content-length", len(request["request_body"] or "")))


def _headers(table):
    return [{"name": name, "value": value} for name, value in table.items()]


def _location(request):
    return next((value for name, value in request["response_headers"].items()
                 if name.lower() == "location"), "")


def _time(seconds):
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
