"""Recording one conversation of command-line clients and writing its folder."""

import json
import pathlib
import shutil
import tempfile

from . import fixture, scene, wire
from .stage import servers


def record(name, module, target):
    """Play the conversation once; what the clients say about it is its truth."""
    with servers(getattr(module, "CONDITIONS", {})) as (network, folder, authority):
        played = scene.Scene(network, folder, authority, getattr(module, "CAPTURE", "pcap"),
                             getattr(module, "MIDWAY", False))
        module.talk(played)
        path = played.close()
        told = {"scenario": name, "clients": scene.versions(played.facts),
                "conversations": played.facts}
        with tempfile.TemporaryDirectory(prefix="utlab-out-") as made:
            out = pathlib.Path(made)
            shutil.copyfile(path, out / path.name)
            if played.keylog.exists() and played.keylog.stat().st_size:
                shutil.copyfile(played.keylog, out / played.keylog.name)
            (out / "facts.json").write_text(json.dumps(told, indent=1) + "\n")
            (out / "notes.md").write_text(notes(name, module, played, path))
            fixture.replace(target, out)
    return f"{len(played.facts)} conversations"


def notes(name, module, played, path):
    """One page that tells a reader what to expect in the capture."""
    lines = [
        f"# {name}", "", module.__doc__.strip(), "",
        f"- made by: `tests/lab/record {name}`",
        f"- clients: {', '.join(scene.versions(played.facts))}",
        f"- network: IPv4; each way {fixture.conditions(played.network.wire)}",
        f"- capture: {fixture.counts(wire.summary(path))}",
        f"- conversations: {len(played.facts)}, in this order (port of the client):",
    ]
    for fact in played.facts:
        said = [fact[key] for key in ("version", "cipher", "alpn") if fact.get(key)]
        alert = f", alert {fact['alert']}" if fact.get("alert") else ""
        port = fact["local"].rpartition(":")[2]
        lines.append(f"  - {port}: {fact['what']} ({', '.join(said)}{alert})")
    return "\n".join(lines) + "\n"
