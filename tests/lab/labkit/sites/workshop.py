"""Hosts that each speak TLS in one special way, for clients that are no browsers."""

from .. import content, names
from .model import OPEN_TO_ALL, Site, Tls

SUITES = ("TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
          "TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256")
ALL_OF_TLS12 = "ssl_ciphers ALL:COMPLEMENTOFALL:!aNULL:!eNULL:!PSK:!SRP:@SECLEVEL=1;"
SESSIONS = "ssl_session_cache shared:workshop:1m;"


def write(root):
    content.put(root, "index.html", content.page("Workshop"))


def host(name, number, **how):
    """One of the hosts, with the same small page."""
    return Site((f"{name}.workshop.test",), number, write, OPEN_TO_ALL, Tls(**how))


SITES = (
    host("tls", names.BENCH, directives=f"{ALL_OF_TLS12} {SESSIONS} ssl_early_data on; "
         f"ssl_conf_command Ciphersuites {SUITES}; ssl_ecdh_curve X25519:P-256:P-384;"),
    host("rsa", names.BENCH, key="rsa", directives=ALL_OF_TLS12),
    host("deep", names.BENCH, key="rsa", above=4),
    host("expired", names.BENCH, expired=True),
    host("member", names.BENCH, directives="ssl_client_certificate {root}; ssl_verify_depth 3; "
         "ssl_verify_client optional;"),
    host("old", names.ATTIC, versions="TLSv1 TLSv1.1", http2=False, key="rsa",
         directives="ssl_ciphers ALL:@SECLEVEL=0;"),
    host("p384", names.LOFT, directives="ssl_ecdh_curve secp384r1;"),
)
