"""QUIC beside what caddy serves: ngtcp2's server and client, and those of ours, which use aioquic.

ngtcp2 has a dynamic QPACK table and speaks drafts; ours does on request what others never would.
"""

import json
import pathlib
import re
import subprocess

from . import names, python
from .shell import LabError
from .sites import beacon

CLIENT, SERVER = (pathlib.Path(__file__).with_name(f"quic_{side}.py") for side in
                  ("client", "server"))
HOST, PORT = "www.boathouse.test", 443
V1, V2, UNKNOWN = 1, 0x6B3343CF, 0x1A2A3A4A
NGTCP2_HOST, PATIENCE_SECONDS = "www.beacon.test", 30
SUITES = {"AES-128-GCM": "TLS_AES_128_GCM_SHA256", "AES-128-CCM": "TLS_AES_128_CCM_SHA256"}
# What ngtcp2's client logs, under the names that we give to it.
SAID = {
    "cipher": r"Negotiated cipher suite is (\S+)", "alpn": r"Negotiated ALPN is (\S+)",
    "quic_version": r"the negotiated version is (0x\w+)",
    "original_dcid": r"original_destination_connection_id=0x(\w+)",
    "server_cid": r" initial_source_connection_id=0x(\w+)",
}


def start(network, authority, root):
    """Serve the beacon over UDP, beside nginx over TCP."""
    ngtcp2_server(network, authority, beacon.SITE.names[0], root)


def ngtcp2_server(network, authority, name, root, *options, port=PORT):
    """Let ngtcp2's server listen at a host, with the files of a folder."""
    chain, key = authority.server((name,))
    address = names.address4(name)
    network.start("servers", "gtlsserver", "--quiet", f"--htdocs={root}", "--max-gso-dgrams=1",
                  *options, address, port, key, chain, stdout=subprocess.DEVNULL,
                  stderr=subprocess.DEVNULL)
    network.wait_listening("servers", f"{address}:{port}", "u")


def server(network, authority, name=HOST, role="servers", port=PORT, alpn=("h3",), **settings):
    """Let ours listen at a host; settings are those of quic_server.py."""
    chain, key = authority.server((name,))
    settings |= {"addresses": [names.address4(name)], "port": port, "chain": str(chain),
                 "key": str(key), "alpn": list(alpn)}
    network.start_program(role, SERVER, json.dumps(settings), interpreter=python.interpreter())


def client(scene, what, *steps, host=HOST, port=PORT, alpn=("h3",), **plan):
    """Talk with ours, by a plan as quic_client.py has it."""
    plan = {"root": str(scene.authority.root), **plan, "host": host, "port": port,
            "remote": names.address4(host), "local": [names.CLIENT4, scene.port],
            "alpn": list(alpn), "keys": str(scene.keylog), "steps": steps}
    said = json.loads(scene.network.run("client", python.interpreter(), CLIENT, json.dumps(plan)))
    paths = [path for step, *asked in steps if step in ("get", "post")
             for path in (asked if step == "get" else asked[:1])]
    moves = [f"{step[1]}:{step[2]}" for step in steps if step[0] in ("rebind", "migrate")]
    asked = [name for step in steps if step[0] == "look" for name in step[1:]]
    told = {"names": asked} if asked else {"paths": paths}
    scene.fact("aioquic", host, port, what=what, moves=moves, **told, **said)


def ngtcp2_client(scene, what, *paths, host=NGTCP2_HOST, port=PORT, options=(), **more):
    """Talk with ngtcp2's client; what it says is found in what it logs."""
    urls = [f"https://{host}{path}" for path in paths]
    program = scene.network.start(
        "client", "gtlsclient", "--no-quic-dump", "--no-http-dump",
        "--exit-on-all-streams-close", *options, host, port, *urls,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=scene.environment)
    said = program.communicate(timeout=PATIENCE_SECONDS)[1]
    statuses = [int(status) for status in re.findall(r"stream 0x\w+ \[:status: (\d+)\]", said)]
    if program.returncode != 0 or len(statuses) != len(paths):
        raise LabError(f"{what}: {said[-1500:]}")
    told = {key: re.search(pattern, said).group(1) for key, pattern in SAID.items()}
    ports = list(dict.fromkeys(re.findall(r"^Sent packet: local=\[[\d.]+\]:(\d+)", said, re.M)))
    scene.fact("ngtcp2", host, port, **more, **told, what=what, paths=paths, statuses=statuses,
               version="TLSv1.3", moves=[f"{names.CLIENT4}:{moved}" for moved in ports[1:]])
    scene.facts[-1] |= {"local": f"{names.CLIENT4}:{ports[0]}", "cipher": SUITES[told["cipher"]],
                        "quic_version": f"{int(told['quic_version'], 16):#x}"}
