"""WebSockets in the truth: a request that opens one, and the messages that went over it.

DevTools tells of messages, not of frames: those in pieces are whole, compressed ones unpacked, and
control frames are left out.
"""

import base64

TEXT = 1
PROTOCOLS = {101: "http/1.1", 200: "h2"}    # an upgrade, or extended CONNECT


class Socket:
    """One WebSocket, learnt from the events as they go by."""

    def __init__(self, event, page):
        self.created, self.page = event, page
        self.asked = self.answered = self.closed = None
        self.messages = []

    def take(self, name, params):
        """Learn from one more event of it."""
        if name == "webSocketWillSendHandshakeRequest":
            self.asked = params
        elif name == "webSocketHandshakeResponseReceived":
            self.answered = params
        elif name == "webSocketClosed":
            self.closed = params
        elif name in ("webSocketFrameSent", "webSocketFrameReceived"):
            self.messages.append(("client" if name.endswith("Sent") else "server", params))

    def entry(self, blank):
        """The request that opened it, filled into an entry that knows nothing yet."""
        params, response = self.created["params"], (self.answered or {}).get("response", {})
        status = response.get("status")
        clock = self.asked["wallTime"] - self.asked["timestamp"] if self.asked else 0.0
        initiator = params.get("initiator", {})
        frames = initiator.get("stack", {}).get("callFrames", [])
        return blank | {
            "id": params["requestId"], "source": "cdp", "page": self.page, "url": params["url"],
            "method": "GET" if status == 101 else "CONNECT", "type": "WebSocket", "status": status,
            "status_page": status, "protocol": PROTOCOLS.get(status),
            "start": clock + self.created["arrived"],
            "send_start": self.asked and self.asked["wallTime"],
            "first_byte": self.answered and clock + self.answered["timestamp"],
            "end": self.closed and clock + self.closed["timestamp"],
            "initiator": {"type": initiator.get("type"),
                          "url": frames[0]["url"] if frames else None},
            "request_headers": self.asked["request"]["headers"] if self.asked else {},
            "response_headers": response.get("headers", {}),
            "messages": [
                {"from": side, "opcode": told["response"]["opcode"],
                 "size": _size(told["response"]), "at": clock + told["timestamp"]}
                for side, told in self.messages
            ],
        }


def _size(frame):
    """Bytes of a message, unpacked."""
    data = frame["payloadData"]
    return len(data.encode() if frame["opcode"] == TEXT else base64.b64decode(data))
