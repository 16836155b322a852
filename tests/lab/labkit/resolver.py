"""The resolver of the lab: dnsmasq, and in front of it, for troubled visits, our own program."""

import pathlib
import struct
import subprocess

from . import names

UNRULY = pathlib.Path(__file__).with_name("unruly_dns.py")


def configuration(network):
    """A dnsmasq that knows the names of the lab and answers NXDOMAIN for all others."""
    lines = [
        "no-resolv", "no-hosts", "no-daemon", "bind-interfaces", "user=root", "group=root",
        "pid-file=", "local-ttl=300", "cache-size=0", "local=/#/", "domain-needed",
    ]
    for table, wanted in ((names.NAMESERVERS4, network.ipv4), (names.NAMESERVERS6, network.ipv6)):
        if wanted:
            lines.append(f"listen-address={table['plain']}")
    for name in names.HOSTS:
        addresses = [names.address4(name)] if network.ipv4 else []
        addresses += [names.address6(name)] if network.ipv6 else []
        lines.append(f"host-record={name},{','.join(addresses)}")
    if network.ipv4:
        lines += [f"host-record={name},{address}" for name, address in names.DEAD_ENDS.items()]
    if network.ipv4:
        lines.append(f"host-record={names.RESOLVER},{names.address4(names.RESOLVER)}")
    lines += [f"dns-rr={name},65,{https_record(protocols)}"
              for name, protocols in names.HTTPS_RECORDS.items()]
    lines += [f"cname={alias},{name}" for alias, name in names.ALIASES.items()]
    return "\n".join(lines) + "\n"


def https_record(protocols):
    """The data of an HTTPS record (RFC 9460, section 2.2) in hexadecimal."""
    alpn = b"".join(bytes([len(name)]) + name.encode() for name in protocols)
    itself, key = b"\0", 1
    return (struct.pack(">H", 1) + itself + struct.pack(">HH", key, len(alpn)) + alpn).hex()


def start(network, folder):
    """Start the resolver in the router's namespace and wait until it answers there."""
    path = folder / "dnsmasq.conf"
    path.write_text(configuration(network))
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    network.start("router", "dnsmasq", "-C", path, **quiet)
    network.wait_listening("router", 53, "u")
    if network.nameserver == "unruly":
        addresses = names.NAMESERVERS4["unruly"], names.NAMESERVERS4["plain"]
        network.start_program("router", UNRULY, *addresses)
