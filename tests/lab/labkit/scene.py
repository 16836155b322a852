"""What a conversation plays on: network, servers, a capture, and clients that are no browsers.

Each client gets a port of its own, so that what it says about itself can be found in the capture.
"""

import json
import os
import pathlib
import re
import select
import subprocess
import time

from . import bridge, content, names, python
from .capture import Capture
from .shell import LabError, end, run, wait_until

PRIVATE_DNS = pathlib.Path(__file__).with_name("private_dns.py")
FIRST_PORT = 40_001
STEP_SECONDS, PATIENCE_SECONDS = 0.2, 20
# What `openssl s_client` says, under the names that we give to it.
SAID = {
    "version": r"^ *Protocol *: (TLSv[\d.]+)", "cipher": r"Cipher is (\w\S+)",
    "group": r"^Server Temp Key: (.+?)(?:, \d+ bits)?$", "alpn": r"^ALPN protocol: (\S+)",
    "early_data": r"^Early data was (.+)$", "alert": r"SSL alert number (\d+)",
    "verification": r"^Verification(?: error)?: (.+)$",
}

VERSION = r"\d+\.\d+[\w.]*"
VERSION_OF = {
    "aioquic": ("cat", python.WANTED), "curl": ("curl", "-V"), "kdig": ("kdig", "-V"),
    "nghttp": ("nghttp", "--version"), "openssl": ("openssl", "version"),
    "ngtcp2": ("dpkg-query", "-W", "-f=${Version}", "ngtcp2-client"),
}


class Scene:
    """What a conversation's `talk` function is given."""

    def __init__(self, network, folder, authority, form, midway=False):
        self.network, self.folder, self.authority, self.form = network, folder, authority, form
        self.keylog = folder / "keys.log"
        self.facts, self.port = [], FIRST_PORT
        if not midway:
            self.begin_capture()
        self.environment = {**os.environ, "SSLKEYLOGFILE": str(self.keylog), "TZ": "UTC"}

    def begin_capture(self):
        """Begin to capture; a conversation that is MIDWAY says itself when."""
        self.network.forget_neighbours()
        self.capture = Capture(self.network, self.form, self.folder)

    def fact(self, client, host, port, **said):
        """Remember what a client said; returns its port."""
        local = self.port
        self.port += 1
        self.facts.append({"client": client, "local": f"{names.CLIENT4}:{local}", "name": host,
                           "remote": f"{names.address4(host)}:{port}", **said})
        return local

    def openssl(self, what, host, *options, port=443, requests=("/",), steps=(), early=None,
                fails=False):
        """Talk with `openssl s_client`: a request a path over HTTP/1.1, the last of which closes.

        `steps` are its commands (such as `K`, a key update), one before each request or none;
        `early` is the path that the request in early data asks for.
        """
        local = self.port
        words = ["openssl", "s_client", "-connect", f"{names.address4(host)}:{port}",
                 "-bind", f"{names.CLIENT4}:{local}", "-servername", host,
                 "-CAfile", self.authority.root, "-verify_return_error", "-keylogfile", self.keylog,
                 *options]
        program = self.network.start("client", *words, stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said, answered = b"", []
        for number, path in enumerate(requests):
            last = number == len(requests) - 1
            if steps and steps[number]:
                _write(program, f"{steps[number]}\n")
                time.sleep(STEP_SECONDS)    # s_client takes a command only as one read of its own
            _write(program, f"GET {path} HTTP/1.1\r\nHost: {host}\r\n"
                            f"Connection: {'close' if last else 'keep-alive'}\r\n\r\n")
            # The next may go when this one is answered. The end of its input would end openssl.
            said += _until(program, None if last else rb"</html>")
        end(program)
        text = said.decode("latin-1").replace("\r", "")
        facts = {key: found.group(1) if (found := re.search(pattern, text, re.M)) else None
                 for key, pattern in SAID.items()}
        answered = [int(status) for status in re.findall(r"HTTP/1.[01] (\d{3})", text)]
        if bool(answered) == fails:
            raise LabError(f"{what}: {text[-1500:]}")
        facts["version"] = facts["cipher"] and (facts["version"] or "TLSv1.3")
        if facts["early_data"] == "accepted":
            requests = (early, *requests)
        facts |= {"resumed": "\nReused, " in text, "what": what, "statuses": answered,
                  "paths": [] if fails else list(requests)}
        self.fact("openssl s_client", host, port, **facts)

    def curl(self, what, url, *options, fails=None, after=None, meanwhile=None):
        """Talk with curl; `fails` is the exit status that is meant.

        When curl has asked for the path `after`, `meanwhile` is called.
        """
        host, port = re.match(r"https?://([^:/]+)(?::(\d+))?", url).groups()
        port = int(port or (443 if url.startswith("https") else 80))
        program = self.network.start(
            "client", "curl", "-sS", "-v", "-o", os.devnull, "--cacert", self.authority.root,
            "--local-port", self.port, "-w", "json %{json}\n", *options, url,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=self.environment)
        said = b""
        if meanwhile:
            said += _until(program, rb"> GET " + after.encode())
            meanwhile()
        said = (said + _until(program, None)).decode("latin-1")
        end(program)
        shown = [json.loads(line[5:]) for line in said.splitlines() if line.startswith("json {")]
        if not shown or any(one["exitcode"] != (fails or 0) for one in shown):
            raise LabError(f"{what}: {said[-1500:]}")
        tls = re.search(r"SSL connection using (\S+) / (\S+)", said)
        alpn = re.search(r"ALPN: server accepted (\S+)", said)
        alert = re.search(r"alert (.+?)(?:, errno|\s*$)", said, re.M)
        self.fact("curl", host, port, what=what, error=shown[0]["errormsg"],
                  version=tls and tls.group(1), cipher=tls and tls.group(2),
                  alpn=alpn and alpn.group(1), said_alert=alert and alert.group(1),
                  statuses=[one["http_code"] for one in shown if one["http_code"]],
                  protocols=[one["http_version"] for one in shown if one["http_code"]],
                  sizes=[one["size_download"] for one in shown if one["http_code"]],
                  urls=[one["url_effective"] for one in shown if one["http_code"]])

    def nghttp(self, what, url, *options):
        """Talk with nghttp, over one connection from a port that is the only one it can have."""
        host = re.match(r"https?://([^:/]+)", url).group(1)
        port = 443 if url.startswith("https") else 80
        self.network.run("client", "sysctl", "-qw",
                         f"net.ipv4.ip_local_port_range={self.port} {self.port}")
        said = self.network.run("client", "nghttp", "-nv", "--no-verify-peer", *options, url,
                                env=self.environment)
        self.network.run("client", "sysctl", "-qw", "net.ipv4.ip_local_port_range=32768 60999")
        self.fact("nghttp", host, port, what=what, streams=_streams(said))

    def private_resolver(self, host):
        """Let the resolver answer over TLS and HTTPS too."""
        address, certificate = names.NAMESERVERS4["plain"], self.authority.server((host,))
        self.network.start_program("router", PRIVATE_DNS, address, address, *certificate)
        bridge.before(self.network, "router", certificate, {f"{address}:443": ""},
                      {"127.0.0.1:8053": "/"})

    def kdig(self, what, host, port, *options):
        """Ask with kdig over TLS or HTTPS."""
        address = names.NAMESERVERS4["plain"]
        said = self.network.run(
            "client", "kdig", f"@{address}", "-b", f"{names.CLIENT4}#{self.port}",
            f"+tls-ca={self.authority.root}", f"+tls-hostname={host}", *options,
            env=self.environment)
        version = re.search(r"TLS session \((TLS[\d.]+)\)", said)
        self.fact("kdig", host, port, what=what, version=version and version.group(1),
                  names=re.findall(r"^;; QUESTION SECTION:\n;; (\S+)\.\s", said, re.M),
                  outcomes=re.findall(r"status: (\w+);", said),
                  addresses=re.findall(r"^\S+\s+\d+\s+IN\s+A\s+(\S+)$", said, re.M))

    def s_server(self, host, *options):
        """Serve a page at a host that nginx does not serve, with `openssl s_server`."""
        chain, key = self.authority.server((host,))
        (self.folder / "index.html").write_text(content.page("Yard"))
        self.network.start("servers", "openssl", "s_server", "-cert", chain, "-cert_chain", chain,
                           "-key", key, "-accept", f"{names.address4(host)}:443", "-WWW", *options,
                           cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
        self.network.wait_listening("servers", f"{names.address4(host)}:443")

    def close(self):
        """End the capture when the last connection is closed."""
        wait_until(lambda: not self.network.open_connections(), "the clients' sockets to close")
        return self.capture.stop()


def _write(program, text):
    try:
        program.stdin.write(text.encode())
        program.stdin.flush()
    except BrokenPipeError:
        pass                                # it has failed already, as may be meant


def _until(program, pattern):
    """What a program says until it has said that, or all that it says."""
    said, output = b"", program.stdout.fileno()
    while pattern is None or not re.search(pattern, said):
        if not select.select([output], [], [], PATIENCE_SECONDS)[0]:
            raise LabError(f"openssl says no more: {said[-300:]}")
        part = os.read(output, 65536)
        if not part:
            break
        said += part
    return said


def _streams(said):
    """The streams that nghttp tells about, with what was asked and answered on each."""
    found, sent = {}, None
    for line in said.splitlines():
        if head := re.search(r"send HEADERS frame .*stream_id=(\d+)", line):
            sent = found.setdefault(int(head.group(1)), {})
        elif head := re.search(r"\] recv .*stream_id=(\d+)\) :(\w+): (.*)", line):
            stream, name, value = head.groups()
            found.setdefault(int(stream), {}).setdefault(name, value)
        elif (head := re.match(r" +:(\w+): (.*)", line)) and sent is not None:
            sent[head.group(1)] = head.group(2)
        elif head := re.search(r"promised_stream_id=(\d+)", line):
            found.setdefault(int(head.group(1)), {})["pushed"] = True
    return [{"stream": stream, **told, "status": int(told.get("status", 0)) or None}
            for stream, told in sorted(found.items())]


def versions(facts):
    """The clients of those conversations, as they name themselves."""
    found = []
    for name in sorted({fact["client"].split()[0] for fact in facts}):
        found.append(f"{name} {re.search(VERSION, run(*VERSION_OF[name])).group()}")
    return found
