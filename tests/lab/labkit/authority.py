"""The lab's own certification authority: a root that the browser trusts, and below it an
intermediate that signs the servers' certificates, as on the web.

All of it is made anew for each recording and thrown away after it.  Keys are EC P-256 where a site
does not ask for RSA, and names are short, so that handshakes stay small.
"""

import datetime

from .shell import run

WEEK = datetime.timedelta(days=7)
EXTENSIONS = {
    "authority": "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n",
    "server": "keyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth\n",
    "client": "keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n",
}
KEYS = {"ec": ("EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
        "rsa": ("RSA", "-pkeyopt", "rsa_keygen_bits:2048")}


class Authority:
    """Makes keys and certificates in a folder."""

    def __init__(self, folder):
        self.folder = folder / "authority"
        self.folder.mkdir()
        self.root = self._make("Lab Root", None, "authority")
        self.signer = self._make("Lab CA", "Lab Root", "authority")

    def server(self, names, key="ec", expired=False, above=0):
        """Files of a certificate for those host names: its chain without the root, and its key.

        `above` puts that many more intermediates between the signer and the root.
        """
        signer, chain = "Lab CA", []
        for step in range(above):
            chain.insert(0, self._path(signer, "pem"))
            below, signer = signer, f"Lab CA {step + 2}"
            self._make(signer, below, "authority", key)
        self._make(names[0], signer, "server", key, names, expired)
        chain = [self._path(names[0], "pem"), self._path(signer, "pem"), *chain]
        path = self._path(names[0], "chain")
        path.write_text("".join(part.read_text() for part in chain))
        return path, self._path(names[0], "key")

    def client(self, name):
        """Files of a certificate for a client, of its key, and of what stands above it."""
        return self._make(name, "Lab CA", "client"), self._path(name, "key"), self.signer

    def _path(self, name, ending):
        return self.folder / f"{name.replace(' ', '-')}.{ending}"

    def _make(self, name, signer, kind, key="ec", hosts=(), expired=False):
        """One key with its certificate, which the signer (or, for a root, itself) signs."""
        request, key_path, path = (self._path(name, end) for end in ("csr", "key", "pem"))
        run("openssl", "req", "-new", "-newkey", *KEYS[key], "-nodes", "-subj", f"/CN={name}",
            "-keyout", key_path, "-out", request)
        extensions = EXTENSIONS[kind] + "subjectKeyIdentifier=none\n"
        if hosts:
            extensions += f"subjectAltName={','.join(f'DNS:{host}' for host in hosts)}\n"
        (self.folder / "extensions").write_text(f"[it]\n{extensions}")
        # `openssl ca` is the one command that takes both ends of a validity.
        base = self.folder / (signer or name).replace(" ", "-")
        if not base.with_suffix(".index").exists():
            base.with_suffix(".index").write_text("")
        base.with_suffix(".conf").write_text(
            f"[ca]\ndefault_ca=lab\n[lab]\ndatabase={base}.index\nnew_certs_dir={self.folder}\n"
            "default_md=sha256\nrand_serial=yes\npolicy=any\nunique_subject=no\n"
            "[any]\ncommonName=supplied\n")
        since = datetime.datetime.now(datetime.timezone.utc) - WEEK * (8 if expired else 1)
        until = since + WEEK * (7 if expired else 13)
        by = ("-selfsign", "-keyfile", key_path) if signer is None else (
            "-cert", self._path(signer, "pem"), "-keyfile", self._path(signer, "key"))
        run("openssl", "ca", "-batch", "-notext", "-config", base.with_suffix(".conf"), *by,
            "-startdate", f"{since:%Y%m%d%H%M%SZ}", "-enddate", f"{until:%Y%m%d%H%M%SZ}",
            "-extfile", self.folder / "extensions", "-extensions", "it",
            "-in", request, "-out", path)
        return path


def trust(home, root):
    """Make a browser with that home folder trust a root, as an administrator would: in NSS."""
    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True, exist_ok=True)
    run("certutil", "-N", "-d", f"sql:{database}", "--empty-password")
    run("certutil", "-A", "-d", f"sql:{database}", "-n", "Lab Root", "-t", "C,,", "-i", root)
