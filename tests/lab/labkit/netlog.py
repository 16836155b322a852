"""The browser's net log: every connection, every lookup and every request that was really sent.

DevTools hides some of it (sockets that no request used, sends that were repeated) and shortens the
times of the rest.  The log has all, to the millisecond.
"""

import json
import re


class NetLog:
    """The log, with its numbers turned into names and its ticks into epoch seconds."""

    def __init__(self, path):
        text = path.read_text()
        try:
            log = json.loads(text)
        except ValueError:                  # a browser that was killed does not finish its list
            log = json.loads(text.rstrip().rstrip(",") + "]}")
        constants = log["constants"]
        kinds = {number: name for name, number in constants["logEventTypes"].items()}
        sources = {number: name for name, number in constants["logSourceType"].items()}
        phases = {number: name for name, number in constants["logEventPhase"].items()}
        offset = int(constants["timeTickOffset"])
        self.events = [
            {
                "kind": kinds[event["type"]],
                "source": event["source"]["id"],
                "source_kind": sources[event["source"]["type"]],
                "phase": phases[event["phase"]].removeprefix("PHASE_"),
                "at": (int(event["time"]) + offset) / 1000,
                "params": event.get("params", {}),
            }
            for event in log["events"]
        ]

    def _of(self, *kinds):
        return (event for event in self.events if event["kind"] in kinds)

    def connections(self):
        """Each attempt to connect a TCP socket."""
        found = {}
        for event in self._of("TCP_CONNECT", "TCP_CONNECT_ATTEMPT", "SSL_CONNECT", "SOCKET_ALIVE"):
            source, params = event["source"], event["params"]
            entry = found.get(source)
            if event["kind"] == "TCP_CONNECT" and event["phase"] == "BEGIN":
                found[source] = {
                    "kind": "tcp", "source": source, "addresses": params.get("address_list", []),
                    "connect_start": event["at"], "remote": None, "connect_end": None,
                    "local": None, "net_error": None, "closed": None,
                    "ssl_start": None, "ssl_end": None, "ssl_error": None, "tls": None,
                    "cipher": None, "group": None, "alpn": None, "resumed": None,
                }
            elif entry is None:
                continue
            elif event["kind"] == "TCP_CONNECT_ATTEMPT" and event["phase"] == "BEGIN":
                entry["remote"] = params.get("address")
            elif event["kind"] == "TCP_CONNECT":
                entry["connect_end"] = event["at"]
                entry["net_error"] = params.get("net_error")
                entry["local"] = params.get("local_address") or params.get("source_address")
                entry["remote"] = params.get("remote_address") or entry["remote"]
            elif event["kind"] == "SSL_CONNECT":
                self._add_tls(entry, event)
            elif event["kind"] == "SOCKET_ALIVE" and event["phase"] == "END":
                entry["closed"] = event["at"]
        return list(found.values())

    def quic_sessions(self):
        """Each attempt to open a QUIC connection, under the same keys as those of TCP and more.

        Connection IDs are those of the handshake: `original_dcid` is the one that the client made
        up, `server_cid` the one that the server chose; the client's own are empty.
        """
        found, asked, opened = {}, {}, {}
        for event in self.events:
            kind, params, entry = event["kind"], event["params"], found.get(event["source"])
            if kind == "UDP_CONNECT" and event["phase"] == "BEGIN":
                asked[event["source"]] = params["address"]
            elif kind == "UDP_LOCAL_ADDRESS" and event["source"] in asked:
                remote = asked.pop(event["source"])
                opened[int(remote.rpartition(":")[2])] = (params["address"], remote)
            elif kind == "QUIC_SESSION" and event["phase"] == "BEGIN":
                # It begins right after its socket was opened.
                local, remote = opened.get(params["port"], (None, None))
                found[event["source"]] = {
                    "kind": "quic", "source": event["source"], "addresses": [],
                    "host": params["host"], "connect_start": event["at"], "remote": remote,
                    "connect_end": None, "local": local, "net_error": None, "closed": None,
                    "ssl_start": event["at"], "ssl_end": None, "ssl_error": None, "tls": None,
                    "cipher": None, "group": None, "alpn": None, "resumed": None,
                    "version": None, "original_dcid": params["connection_id"], "server_cid": None,
                    "early_data": None, "streams": [],
                    "packets": {"sent": 0, "received": 0, "lost": 0}, "close": None,
                }
            elif entry is not None:
                self._add_quic(entry, kind, event)
        return list(found.values())

    @staticmethod
    def _add_quic(entry, kind, event):
        """One event of a QUIC connection; its TLS is part of it and done when it is."""
        params, packets = event["params"], entry["packets"]
        if kind == "QUIC_SESSION_VERSION_NEGOTIATED":
            entry["version"] = params["version"]
        elif kind == "QUIC_SESSION_CRYPTO_HANDSHAKE_COMPLETE":
            entry["connect_end"] = entry["ssl_end"] = event["at"]
            entry["tls"], entry["alpn"] = "TLS 1.3", "h3"
        elif kind == "QUIC_SESSION_ZERO_RTT_STATE":
            entry["early_data"] = params["state"]
            entry["resumed"] = params["state"] == "AttemptedAndSucceeded" or None
        elif kind == "QUIC_SESSION_PACKET_RECEIVED":
            entry["local"], entry["remote"] = params["self_address"], params["peer_address"]
        elif kind == "QUIC_SESSION_UNAUTHENTICATED_PACKET_HEADER_RECEIVED":
            entry["server_cid"] = entry["server_cid"] or params.get("source_connection_id")
        elif kind == "QUIC_SESSION_PACKET_AUTHENTICATED":
            packets["received"] += 1
        elif kind == "QUIC_SESSION_PACKET_SENT":
            packets["sent"] += 1
        elif kind == "QUIC_SESSION_PACKET_LOST":
            packets["lost"] += 1
        elif kind == "HTTP3_HEADERS_SENT":
            entry["streams"].append(params["stream_id"])
        elif kind == "QUIC_SESSION_CLOSE_ON_ERROR" and entry["connect_end"] is None:
            entry["net_error"] = params["net_error"]
        elif kind.startswith("QUIC_SESSION_CONNECTION_CLOSE_FRAME_"):
            entry["close"] = {"from_peer": kind.endswith("RECEIVED"), "type": params["close_type"],
                              "code": params["quic_wire_error"], "reason": params["details"]}
        elif kind == "QUIC_SESSION" and event["phase"] == "END":
            entry["closed"] = event["at"]

    @staticmethod
    def _add_tls(entry, event):
        """What a handshake came to; numbers are those of IANA's registries."""
        params = event["params"]
        if event["phase"] == "BEGIN":
            entry["ssl_start"] = event["at"]
            return
        entry["ssl_end"], entry["ssl_error"] = event["at"], params.get("net_error")
        for key, name in (("tls", "version"), ("cipher", "cipher_suite"), ("alpn", "next_proto"),
                          ("group", "key_exchange_group"), ("resumed", "is_resumed")):
            entry[key] = params.get(name)

    def lookups(self):
        """Each lookup of a name that the browser worked on (not those its cache answered)."""
        found, open_jobs = [], {}
        for event in self._of("HOST_RESOLVER_MANAGER_JOB"):
            if event["phase"] == "BEGIN":
                open_jobs[event["source"]] = {
                    "host": event["params"].get("host"), "start": event["at"],
                    "end": None, "net_error": None,
                }
                found.append(open_jobs[event["source"]])
            elif event["source"] in open_jobs:
                job = open_jobs[event["source"]]
                job["end"], job["net_error"] = event["at"], event["params"].get("net_error")
        return found

    def sends(self):
        """Each time that the browser wrote a request to a socket: the wire's own list."""
        jobs, bound, found, alive = {}, {}, [], {}
        for event in self.events:
            kind, source, params = event["kind"], event["source"], event["params"]
            dependency = params.get("source_dependency", {}).get("id")
            if kind == "URL_REQUEST_START_JOB" and event["phase"] == "BEGIN":
                jobs[source] = {"method": params.get("method"), "url": params.get("url"),
                                "initiator": params.get("initiator")}
            elif kind == "HTTP_STREAM_REQUEST_BOUND_TO_JOB":
                bound[source] = dependency
            elif kind == "SOCKET_POOL_BOUND_TO_SOCKET":
                bound[source] = dependency
            elif kind == "HTTP_TRANSACTION_SEND_REQUEST" and event["phase"] == "BEGIN":
                alive[source] = {
                    **jobs.get(source, {"method": None, "url": None, "initiator": None}),
                    "request": source, "socket": bound.get(bound.get(source)),
                    "sent": event["at"], "status": None, "line": None, "request_headers": [],
                    "answered": None, "response_headers": [], "sent_whole": False,
                    "ended": None, "stream": None, "data": None,
                }
                found.append(alive[source])
            elif source in alive:
                self._add(alive[source], event)
        for stream in self._streams():
            same = [send for send in found if send["stream"] is None
                    and (send["method"], send["url"]) == (stream["asked"], stream["url"])]
            if same:
                nearest = min(same, key=lambda send: abs(send["sent"] - stream["at"]))
                nearest |= {key: stream[key] for key in ("method", "socket", "stream", "data")}
        return found

    def _streams(self):
        """Each stream of HTTP/2 or HTTP/3 with a request, and the bytes of DATA that came on it."""
        sockets, found = {}, {}
        for event in self.events:
            kind, params = event["kind"], event["params"]
            key = event["source"], params.get("stream_id")
            if kind == "HTTP2_SESSION_INITIALIZED":
                sockets[event["source"]] = params["source_dependency"]["id"]
            elif kind == "QUIC_SESSION":
                sockets[event["source"]] = event["source"]
            elif kind in ("HTTP2_SESSION_SEND_HEADERS", "HTTP3_HEADERS_SENT"):
                head = dict(line.split(": ", 1) for line in params["headers"] if line[0] == ":")
                found[key] = {
                    "method": head[":method"], "asked": head[":method"], "at": event["at"],
                    "stream": key[1], "data": 0,
                    "url": f"{head[':scheme']}://{head[':authority']}{head[':path']}",
                    "socket": sockets.get(event["source"]),
                }
                if ":protocol" in head:     # a WebSocket is asked for with GET, wherever it goes
                    found[key] |= {"asked": "GET", "data": None,
                                   "url": found[key]["url"].replace("https:", "wss:", 1)}
            elif kind == "HTTP2_SESSION_RECV_DATA" and found.get(key, {}).get("data") is not None:
                found[key]["data"] += params["size"]
            elif kind == "HTTP3_DATA_FRAME_RECEIVED" and key in found:
                found[key]["data"] += params["payload_length"]
        return found.values()

    @staticmethod
    def _add(send, event):
        kind, params = event["kind"], event["params"]
        if kind == "HTTP_TRANSACTION_SEND_REQUEST_HEADERS":
            send["line"] = params.get("line")
            send["request_headers"] = params.get("headers", [])
        elif kind == "HTTP_TRANSACTION_SEND_REQUEST" and event["phase"] == "END":
            send["sent_whole"] = params.get("net_error", 0) == 0
        elif kind == "REQUEST_ALIVE" and event["phase"] == "END":
            send["ended"] = event["at"]
        elif kind == "HTTP_TRANSACTION_READ_RESPONSE_HEADERS":
            lines = params.get("headers", [])
            found = re.match(r"HTTP/\S+ (\d+)", lines[0]) if lines else None
            status = int(found.group(1)) if found else None
            if status and status >= 200:
                send["status"], send["answered"] = status, event["at"]
                send["response_headers"] = lines
