"""The browser's net log: every socket, every lookup and every request that was really sent.

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
        for event in self._of("TCP_CONNECT", "TCP_CONNECT_ATTEMPT", "SOCKET_ALIVE"):
            source, params = event["source"], event["params"]
            entry = found.get(source)
            if event["kind"] == "TCP_CONNECT" and event["phase"] == "BEGIN":
                found[source] = {
                    "kind": "tcp", "source": source, "addresses": params.get("address_list", []),
                    "connect_start": event["at"], "remote": None, "connect_end": None,
                    "local": None, "net_error": None, "closed": None,
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
            elif event["kind"] == "SOCKET_ALIVE" and event["phase"] == "END":
                entry["closed"] = event["at"]
        return list(found.values())

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
                    "ended": None,
                }
                found.append(alive[source])
            elif source in alive:
                self._add(alive[source], event)
        return found

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
