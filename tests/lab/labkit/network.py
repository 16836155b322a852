"""The network of the lab: four namespaces in a row.

    client ==c0======w0== wire ==w1======r0== router ==r1======s0== servers

`wire` holds only the relay (see relay.py), which gives the link its delay and its faults; it has no
addresses and never speaks.  Captures are taken on c0, where a user of the tool would take them.
Names carry the number of the recording process: two recorders never meet, and the leavings of one
that was killed outright can be told from those of one that still runs.
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

from . import names
from .shell import LabError, alive, end, run, wait_until

PREFIX = "utlab"
ROLES = ("client", "wire", "router", "servers")
TOOLS = ("caddy", "capinfos", "certutil", "chromium", "curl", "dnsmasq", "dumpcap", "ethtool",
         "gtlsclient", "gtlsserver", "ip", "kdig", "nghttp", "nghttpx", "nginx", "openssl", "ss",
         "sysctl", "tcpdump", "tshark")
OFFLOADS = ("rx", "tx", "tso", "gso", "gro", "sg")
RELAY = pathlib.Path(__file__).with_name("relay.py")


def sweep():
    """Remove the namespaces of recorders that no longer run."""
    for line in run("ip", "netns", "list").splitlines():
        name = line.split()[0] if line.split() else ""
        found = re.fullmatch(rf"{PREFIX}(\d+)-\w+", name)
        if found and not alive(found.group(1)):
            remove(name)


def remove(name):
    """End every process of a namespace, then the namespace and its resolver file."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        pids = [int(pid) for pid in run("ip", "netns", "pids", name, check=False).split()]
        for pid in pids:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
        deadline = time.monotonic() + 3
        while time.monotonic() < deadline and any(alive(pid) for pid in pids):
            time.sleep(0.02)
    run("ip", "netns", "del", name, check=False)
    shutil.rmtree(f"/etc/netns/{name}", ignore_errors=True)


class Network:
    """The namespaces, up while the `with` block runs and gone after it, whatever happens."""

    def __init__(self, ipv4=True, ipv6=False, wire=None, nameserver="plain"):
        self.ipv4, self.ipv6 = ipv4, ipv6
        self.wire = {"delay_ms": 10, **(wire or {})}
        self.nameserver = nameserver
        self.namespace = {role: f"{PREFIX}{os.getpid()}-{role}" for role in ROLES}
        self.client_device = "c0"
        self.children = []

    def __enter__(self):
        if os.geteuid() != 0:
            raise LabError("the lab makes network namespaces and so has to run as root")
        missing = [tool for tool in TOOLS if shutil.which(tool) is None]
        if missing:
            raise LabError(f"not installed: {', '.join(missing)} (see tests/lab/packages)")
        sweep()
        try:
            self._build()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, *_):
        self._remove()

    def run(self, role, *command, **options):
        """Run a command in a namespace to its end."""
        return run("ip", "netns", "exec", self.namespace[role], *command, **options)

    def start(self, role, *command, **options):
        """Start a program in a namespace; it is ended with the network at the latest."""
        words = ["ip", "netns", "exec", self.namespace[role], *(str(word) for word in command)]
        child = subprocess.Popen(words, start_new_session=True, **options)
        self.children.append(child)
        return child

    def start_program(self, role, path, *arguments, interpreter=sys.executable):
        """Start one of our own programs, which says when it is ready."""
        words = (interpreter, path, *arguments)
        child = self.start(role, *words, stdout=subprocess.PIPE, text=True)
        if child.stdout.readline().strip() != "ready":
            raise LabError(f"{path.name} did not start")

    def wait_listening(self, role, port, transport="t", timeout=20):
        """Wait until something in the namespace listens on a port, or an address with its port."""
        pattern = re.compile(rf"{':' * (':' not in str(port))}{port}\s")

        def listening():
            return pattern.search(self.run(role, "ss", f"-Hln{transport}"))

        wait_until(listening, f"port {port} in {role}", timeout)

    def open_connections(self):
        """The client's connections that still exist, one line each (time-wait is only a memory)."""
        lines = self.run("client", "ss", "-Htan").splitlines()
        return [line for line in lines if not line.startswith(("TIME-WAIT", "LISTEN"))]

    def forget_neighbours(self):
        """Empty the neighbour caches, so that the visit starts with ARP or NDP."""
        for role in ("client", "router"):
            self.run(role, "ip", "neigh", "flush", "all")

    def _build(self):
        for role in ROLES:
            name = self.namespace[role]
            run("ip", "netns", "add", name)
            off = "0" if self.ipv6 and role != "wire" else "1"
            for scope in ("all", "default"):
                self._sysctl(role, f"net.ipv6.conf.{scope}.disable_ipv6", off)
            self._sysctl(role, "net.ipv6.conf.default.accept_dad", "0")
            self._sysctl(role, "net.ipv6.conf.default.router_solicitations", "0")
            self._sysctl(role, "net.ipv6.conf.default.accept_ra", "0")
            run("ip", "-n", name, "link", "set", "lo", "up")
        self._link("client", "c0", "wire", "w0")
        self._link("wire", "w1", "router", "r0")
        self._link("router", "r1", "servers", "s0")
        if self.ipv4:
            self._address("client", "c0", [f"{names.CLIENT4}/24"])
            routers = [names.GATEWAY4, *names.NAMESERVERS4.values()]
            self._address("router", "r0", [f"{address}/24" for address in routers])
            self._address("router", "r1", [f"{names.SERVERS4}.1/24"])
            hosts = [f"{names.SERVERS4}.{host}/24" for host in names.HOST_NUMBERS]
            self._address("servers", "s0", hosts)
            self._route("client", "default", "via", names.GATEWAY4)
            self._route("servers", "default", "via", f"{names.SERVERS4}.1")
            self._route("router", "unreachable", names.UNREACHABLE4)
            self._route("router", "blackhole", names.BLACKHOLE4)
            self._sysctl("router", "net.ipv4.ip_forward", "1")
        if self.ipv6:
            self._address("client", "c0", [f"{names.CLIENT6}/64"])
            routers = [names.GATEWAY6, *names.NAMESERVERS6.values()]
            self._address("router", "r0", [f"{address}/64" for address in routers])
            self._address("router", "r1", [f"{names.SERVERS6}::1/64"])
            hosts = [f"{names.SERVERS6}::{host}/64" for host in names.HOST_NUMBERS]
            self._address("servers", "s0", hosts)
            self._route("client", "default", "via", names.GATEWAY6)
            self._route("servers", "default", "via", f"{names.SERVERS6}::1")
            self._sysctl("router", "net.ipv6.conf.all.forwarding", "1")
        self._write_resolver_file()
        self._start_relay()

    def _link(self, left, left_device, right, right_device):
        left_name, right_name = self.namespace[left], self.namespace[right]
        run("ip", "-n", left_name, "link", "add", left_device, "type", "veth",
            "peer", "name", right_device, "netns", right_name)
        for role, device in ((left, left_device), (right, right_device)):
            # Without offloads the capture holds the frames that a cable would have carried,
            # with their checksums filled in.
            for feature in OFFLOADS:
                self.run(role, "ethtool", "-K", device, feature, "off", check=False)
            run("ip", "-n", self.namespace[role], "link", "set", device, "up")

    def _address(self, role, device, addresses):
        for address in addresses:
            no_check = ["nodad"] if ":" in address else []
            run("ip", "-n", self.namespace[role], "addr", "add", address, "dev", device, *no_check)

    def _route(self, role, *words):
        family = "-6" if any(":" in word for word in words) else "-4"
        run("ip", family, "-n", self.namespace[role], "route", "add", *words)

    def _sysctl(self, role, key, value):
        self.run(role, "sysctl", "-qw", f"{key}={value}")

    def _write_resolver_file(self):
        folder = pathlib.Path("/etc/netns") / self.namespace["client"]
        folder.mkdir(parents=True)
        table = names.NAMESERVERS4 if self.ipv4 else names.NAMESERVERS6
        (folder / "resolv.conf").write_text(f"nameserver {table[self.nameserver]}\n")

    def _start_relay(self):
        words = []
        for key, value in self.wire.items():
            words += [f"--{key.replace('_', '-')}", value]
        self.start_program("wire", RELAY, "w0", "w1", *words)

    def _remove(self):
        for child in reversed(self.children):
            end(child)
        for name in self.namespace.values():
            remove(name)
        try:
            os.rmdir("/etc/netns")
        except OSError:
            pass
