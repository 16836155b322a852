"""A capture that begins in the middle of a connection with HTTP/2 in the clear.

curl asks three times over one connection, with the same header fields. The capture begins while the
server thinks about the second request, so the dynamic tables of both directions hold entries that
nobody has seen: what the third request and its answer take from there cannot be known.
"""

MIDWAY = True
SITE = "http://www.bridge.test"
PATHS = ("/one.png?first", "/think?ms=1500", "/api/plants?count=2")


def talk(scene):
    options = ["--http2", "-H", "X-Gardener: rose", "-H", "X-Bed: 7"]
    for path in PATHS[:-1]:
        options += [f"{SITE}{path}", "-o", "/dev/null"]
    scene.curl("three requests, seen from the second answer on", f"{SITE}{PATHS[-1]}", *options,
               meanwhile=scene.begin_capture, after="/think")
