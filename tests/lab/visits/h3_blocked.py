"""The page of `h3-https-record` where no datagram comes through to port 443: QUIC tries in vain.

The router says nothing about it, as most that block it do. The browser's Initial packets are
repeated without an answer, and the page comes over TCP and HTTP/2.
"""

from . import h3_https_record

CONDITIONS = {"wire": {"lose_udp": 443}}
FLAGS, visit = h3_https_record.FLAGS, h3_https_record.visit
