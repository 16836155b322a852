"""HTTP/2 in the clear, with prior knowledge and after `Upgrade: h2c`, and what browsers never send.

After an upgrade curl asks twice over one connection. nghttp adds what is rare: padding, PRIORITY
frames with weights and dependencies, header fields that need CONTINUATION frames, an upload in DATA
frames with trailers; the server pushes a style sheet, sends trailers (once as gRPC does) and an
informational response.
"""

SITE = "http://www.bridge.test"


def talk(scene):
    scene.curl("prior knowledge", f"{SITE}/index.html", "--http2-prior-knowledge")
    scene.curl("upgrade", f"{SITE}/index.html", "--http2", "-o", "/dev/null", f"{SITE}/one.png")
    scene.curl("upgrade, POST", f"{SITE}/api/orders", "--http2", "-d", "plant=moss")
    scene.curl("trailers", f"{SITE}/trailers", "--http2-prior-knowledge")
    scene.curl("early hints", f"{SITE}/early-hints", "--http2-prior-knowledge")
    scene.curl("gRPC", f"{SITE}/garden.Plants/Water", "--http2-prior-knowledge", "-H",
               "Content-Type: application/grpc", "-H", "TE: trailers", "--data-binary", "x" * 20)
    scene.nghttp("padding", f"{SITE}/one.png", "--padding=64")
    scene.nghttp("header fields in CONTINUATION frames", f"{SITE}/api/plants", "--continuation")
    scene.nghttp("upgrade, by nghttp", f"{SITE}/one.png", "--upgrade")
    scene.nghttp("upload with trailers", f"{SITE}/api/orders", "--trailer=x-checksum: 1234",
                 f"--data={scene.folder / 'nginx.conf'}")
    scene.nghttp("a pushed style sheet", f"{SITE}/index.html")
