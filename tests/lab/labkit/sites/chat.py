"""A page that talks for a while: WebSockets with and without compression, and an event source."""

from .. import content, names
from .model import TO_TALK, Site, Tls

SCRIPT = """\
// Says one thing after the other, each as soon as the answer to the last has come.
function talk(path, protocols, words) {
  return new Promise((done) => {
    const socket = new WebSocket('wss://' + location.host + path, protocols);
    const next = () => { if (words.length) socket.send(words.shift()); };
    socket.onopen = next;
    socket.onmessage = () => { words.length ? next() : socket.close(1000, 'all said'); };
    socket.onclose = (event) => done([path, event.code, event.reason, socket.extensions]);
  });
}
// Listens until so many events have come, over as many connections as that takes.
function listen(path, wanted) {
  return new Promise((done) => {
    const source = new EventSource(path);
    let seen = 0;
    const take = () => { if (++seen === wanted) { source.close(); done([path, seen]); } };
    source.onmessage = take;
    source.addEventListener('tick', take);
  });
}
const bytes = (size) => Uint8Array.from({length: size}, (_, i) => (i * 7919) % 251);
const lines = 'echo ' + 'one line of many, and all are like this one. '.repeat(40);
async function converse() {
  return [
    await talk('/ws/deflate', ['chat', 'talk'],
               ['echo hello', lines, lines, bytes(300), 'ping', 'pieces ' + lines,
                'echo ' + 'long '.repeat(14000)]),
    await talk('/ws/fresh', [], ['echo hello', 'echo hello', bytes(40)]),
    await talk('/ws/plain', [],
               ['echo hello', bytes(1000), 'pieces of three', 'close 4001 enough']),
    await listen('/events?count=3', 5),
  ];
}
window.finished = converse();
"""


def write(root):
    content.put(root, "index.html", content.page("Chat", '<script src="/chat.js"></script>'))
    content.put(root, "chat.js", SCRIPT)


SITE = Site(("www.chat.test",), names.CHAT, write,
            f"location ~ ^/(ws|events) {{{{ {TO_TALK} }}}}", Tls())
