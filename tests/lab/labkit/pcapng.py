"""Changes to a pcapng file: taking the recording machine out, and putting secrets in.

dumpcap writes which processor and system it ran on into the file.  A fixture is about packets, so
these options go; the blocks with packets stay byte for byte as they were.
"""

import struct

SECTION, INTERFACE, SECRETS = 0x0A0D0D0A, 1, 10
TLS_KEY_LOG = 0x544C534B
FIXED = {SECTION: 16, INTERFACE: 8}             # bytes of a block's body before its options
TELLTALE = {SECTION: {2, 3}, INTERFACE: {12}}   # hardware and system; system of the interface


def strip(path):
    """Rewrite a little-endian pcapng file without the options that describe the machine."""
    data, out, at = path.read_bytes(), bytearray(), 0
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        body = data[at + 8:at + size - 4]
        if kind in FIXED:
            body = body[:FIXED[kind]] + _options(body[FIXED[kind]:], TELLTALE[kind])
        out += struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)
        at += size
    path.write_bytes(out)


def append_secrets(path, keys):
    """Write a key log as a Decryption Secrets Block behind all packets."""
    data = keys.read_bytes()
    body = struct.pack("<II", TLS_KEY_LOG, len(data)) + data + b"\0" * (-len(data) % 4)
    size = struct.pack("<I", len(body) + 12)
    with path.open("ab") as file:
        file.write(struct.pack("<I", SECRETS) + size + body + size)


def _options(data, unwanted):
    kept, at = b"", 0
    while at + 4 <= len(data):
        code, size = struct.unpack_from("<HH", data, at)
        end = at + 4 + (size + 3) // 4 * 4
        if code not in unwanted:
            kept += data[at:end]
        at = end
    return kept
