"""Six pictures at once over one HTTP/2 connection, of which one segment is lost on its way.

It is the page of `h3-loss`, and the same large frame from the server that is lost. TCP keeps all
that comes behind the hole from the browser, whatever stream it is for.
"""

from . import h3_loss

FLAGS = ["--disable-quic"]
CONDITIONS, visit = h3_loss.CONDITIONS, h3_loss.visit
