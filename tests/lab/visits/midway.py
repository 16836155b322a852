"""A capture that begins in the middle of an encrypted connection, of which the keys do not help.

The tab shows `www.park.test` already, and its connection is still open when the capture begins.
Then the page asks for a style sheet over that connection, and for one of `static.park.test`, whose
connection is captured from its first packet and can be read.
"""

MIDWAY = True
ASK = """(async () => {
  for (const url of ['/css/park.css', 'https://static.park.test/img/plant-0.png'])
    await (await fetch(url, {cache: 'no-store'})).arrayBuffer();
})()"""


def visit(stage):
    tab = stage.browser.tab()
    tab.open("https://www.park.test/plain.html")
    tab.wait_quiet()
    stage.begin_capture()
    tab.run(ASK)
    tab.wait_quiet()
