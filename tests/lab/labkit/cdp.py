"""The DevTools protocol over a pair of pipes, with every target of the browser attached.

Pipes instead of a socket: no port to find or to wait for, and no traffic of ours in the namespace.
Each new target (tab, frame of another site, worker) is held until its network events are switched
on, so that not even its first request is missed.
"""

import json
import os
import threading
import time

from .shell import LabError

# The browser's own windows (`browser_ui`) load pages of their own, which are none of ours.
UNWANTED = ("browser", "tab", "browser_ui")
ATTACH = {
    "autoAttach": True, "waitForDebuggerOnStart": True, "flatten": True,
    "filter": [*({"type": kind, "exclude": True} for kind in UNWANTED), {}],
}
WATCH = ("Network.enable", "Page.enable")


class Browser:
    """One connection to a browser: calls go out, events are kept in the order of their arrival."""

    def __init__(self, to_browser, from_browser):
        self.to_browser, self.from_browser = to_browser, from_browser
        self.number = 0
        self.answers = {}
        self.events = []
        self.closed = False
        self.changed = threading.Condition()
        self.sessions = {}                  # session id -> (target info, parent session id)
        threading.Thread(target=self._listen, daemon=True).start()

    def send(self, method, params=None, session=None):
        """Send a command without waiting for its answer."""
        with self.changed:
            self.number += 1
            number = self.number
            message = {"id": number, "method": method, "params": params or {}}
            if session:
                message["sessionId"] = session
            data = json.dumps(message).encode() + b"\0"
            while data:
                data = data[os.write(self.to_browser, data):]
        return number

    def call(self, method, params=None, session=None, timeout=60.0):
        """Send a command and return its result."""
        number = self.send(method, params, session)
        with self.changed:
            self.changed.wait_for(lambda: number in self.answers or self.closed, timeout)
            answer = self.answers.pop(number, None)
        if answer is None:
            raise LabError(f"the browser did not answer {method}")
        if "error" in answer:
            raise LabError(f"{method}: {answer['error'].get('message')}")
        return answer["result"]

    def attach(self):
        """Attach to every target there is and will be."""
        self.call("Target.setAutoAttach", ATTACH)

    def wait_event(self, condition, what, timeout=60.0):
        """Wait until an event of the past or the future satisfies the condition."""
        deadline = time.monotonic() + timeout
        seen = 0
        with self.changed:
            while True:
                for event in self.events[seen:]:
                    if condition(event):
                        return event
                seen = len(self.events)
                left = deadline - time.monotonic()
                if left <= 0 or self.closed:
                    raise LabError(f"waited for {what}")
                self.changed.wait(left)

    def _listen(self):
        rest = b""
        while True:
            try:
                data = os.read(self.from_browser, 1 << 20)
            except OSError:
                data = b""
            if not data:
                with self.changed:
                    self.closed = True
                    self.changed.notify_all()
                return
            *messages, rest = (rest + data).split(b"\0")
            for message in messages:
                self._take(json.loads(message))

    def _take(self, message):
        with self.changed:
            if "id" in message:
                self.answers[message["id"]] = message
            else:
                message["arrived"] = time.monotonic()
                self.events.append(message)
            self.changed.notify_all()
        if message.get("method") == "Target.attachedToTarget":
            self._prepare(message)

    def _prepare(self, message):
        params = message["params"]
        session = params["sessionId"]
        self.sessions[session] = (params["targetInfo"], message.get("sessionId"))
        for method in WATCH:
            self.send(method, {}, session)
        self.send("Target.setAutoAttach", ATTACH, session)
        self.send("Runtime.runIfWaitingForDebugger", {}, session)
