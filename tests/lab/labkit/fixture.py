"""Recording one visit and writing its folder."""

import json
import pathlib
import shutil
import tempfile

from . import har, truth, wire
from .netlog import NetLog
from .shell import LabError
from .stage import Stage, servers

LARGEST = 3 << 20


def record(name, module, target):
    """Play the visit once, check the record against the packets, and only then replace the old."""
    quiet = getattr(module, "QUIET", True)
    with servers(getattr(module, "CONDITIONS", {})) as (network, folder, authority):
        stage = Stage(network, folder, authority, quiet, getattr(module, "CAPTURE", "pcap"),
                      getattr(module, "MIDWAY", False), getattr(module, "FLAGS", ()))
        module.visit(stage)
        stage.browser.close()
        path = stage.capture.stop()
        events = stage.browser.cdp.events
        told = truth.build(name, stage.browser.version, events, NetLog(stage.browser.netlog))
        told["background"] = stage.background
        truth.forget_before(told, stage.began)
        sent = wire.check(path, told, stage.background)
        refuse_hidden(told, getattr(module, "HIDDEN", ()))
        finish = getattr(module, "finish", None)
        if finish:
            finish(stage, path)
        keys = stage.browser.keylog
        kept, apart = getattr(module, "KEYS", True), getattr(module, "KEYS_APART", True)
        for entry in told["requests"]:
            entry["readable"] &= kept or entry["url"].startswith(("http:", "ws:"))
        if path.stat().st_size > LARGEST:
            raise LabError(f"{path.name} has {path.stat().st_size} bytes, too many for a fixture")
        with tempfile.TemporaryDirectory(prefix="utlab-out-") as made:
            out = pathlib.Path(made)
            shutil.copyfile(path, out / path.name)
            if keys.exists() and keys.stat().st_size and kept and apart:
                shutil.copyfile(keys, out / keys.name)
            (out / "truth.json").write_text(json.dumps(told, indent=1) + "\n")
            (out / "truth.har").write_text(json.dumps(har.build(told), indent=1) + "\n")
            (out / "notes.md").write_text(notes(name, module, stage, told, path))
            replace(target, out)
    return f"{sent} requests"


def replace(target, made):
    """Put a new fixture where the old one was."""
    if target.exists():
        shutil.rmtree(target)
    shutil.copytree(made, target)
    target.chmod(0o755)                     # the temporary folder was only ours


def refuse_hidden(told, expected):
    """Refuse a record in which DevTools missed requests that it usually tells about."""
    hidden = [entry["url"] for entry in told["requests"] if entry["source"] == "netlog"]
    if not set(hidden) <= set(expected):
        raise LabError(f"DevTools did not tell of {hidden}")


def notes(name, module, stage, told, path):
    """One page that tells a reader what to expect in the capture."""
    network = stage.network
    spoken = [family for family, on in (("IPv4", network.ipv4), ("IPv6", network.ipv6)) if on]
    on_wire = [request for request in told["requests"] if request["on_wire"]]
    statuses = {}
    for request in on_wire:
        statuses[str(request["status"])] = statuses.get(str(request["status"]), 0) + 1
    lines = [
        f"# {name}", "", module.__doc__.strip(), "",
        f"- made by: `tests/lab/record {name}`",
        f"- browser: {told['client']}, headless, fresh profile",
        f"- network: {' and '.join(spoken)}; each way {conditions(network.wire)}",
        "- captured at the client, without offloads; no packet was dropped by the capture",
        f"- pages: {len(told['pages'])}; requests: {len(told['requests'])}, of which "
        f"{len(on_wire)} went over the wire (statuses {counts(statuses)})",
    ]
    if told["background"]:
        lines.append(f"- requests of other programs: {len(told['background'])}")
    lines.append(f"- capture: {counts(wire.summary(path))}")
    late = wire.lateness(path, told)
    if late:
        lines.append("- a request's packet follows the browser's `send_start` by "
                     f"{late[len(late) // 2]:.2f} ms in the median, {late[-1]:.2f} ms at most")
    lines += [f"- {line}" for line in hidden(told)]
    lines += [f"- {remark}" for remark in stage.remarks]
    return "\n".join(lines) + "\n"


def hidden(told):
    """What of the visit nobody can read in the capture."""
    closed = [entry for entry in told["requests"] if entry["on_wire"] and not entry["readable"]]
    if closed:
        yield (f"requests that cannot be read in the capture (no keys, or no handshake; "
               f"`readable: false`): {len(closed)}")


def conditions(wire_options):
    """What the relay does to frames, in words."""
    words = [f"{wire_options['delay_ms']:g} ms of delay"]
    for key in ("loss", "reorder", "duplicate"):
        if wire_options.get(key):
            words.append(f"{wire_options[key]:.1%} {key}")
    for key, way in (("up_kbit", "to the servers"), ("down_kbit", "to the client")):
        if wire_options.get(key):
            words.append(f"{wire_options[key]:g} kbit/s {way}")
    if wire_options.get("late_large"):
        words.append(f"large frame {wire_options['late_large']} to the client overtaken by two")
    if wire_options.get("lose_udp"):
        words.append(f"every datagram to port {wire_options['lose_udp']} lost")
    if wire_options.get("lose_large"):
        words.append(f"large frame {wire_options['lose_large']} to the client lost")
    return ", ".join(words)


def counts(table):
    """Names with their numbers, in one line."""
    return ", ".join(f"{key} {value}" for key, value in table.items())
