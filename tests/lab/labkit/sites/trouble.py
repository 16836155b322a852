"""A page whose script asks for all that goes wrong, and says how each of them ended."""

from .. import content, names
from .model import Site

SCRIPT = """\
// Each attempt ends by itself or is given up; what it came to is kept for the notes.
async function attempt(url, giveUpAfter) {
  const control = new AbortController();
  if (giveUpAfter) setTimeout(() => control.abort(), giveUpAfter);
  try {
    const response = await fetch(url, {cache: 'no-store', signal: control.signal});
    return [url, response.status + ', ' + (await response.text()).length + ' bytes'];
  } catch (error) {
    return [url, error.name];
  }
}
const together = (list) => Promise.all(list.map((one) => attempt(...one)));
"""


def write(root):
    content.put(root, "index.html", content.page("Trouble", '<script src="/trouble.js"></script>'))
    content.put(root, "trouble.js", SCRIPT)


SITE = Site(("www.trouble.test",), names.SITE, write)
