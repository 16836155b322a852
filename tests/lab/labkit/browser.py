"""Chromium in the client's namespace, and the few things a visit asks of it."""

import os
import shutil
import subprocess
import time

from . import cdp
from .shell import LabError, end, wait_until

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-default-apps", "--disable-dev-shm-usage", "--remote-debugging-pipe",
    "--window-size=1200,900", "--lang=en-US",
)
# Chromium asks for its own services too.  They get NXDOMAIN here; a visit that wants to be
# free of that noise lets the browser itself refuse to look them up.
QUIET = '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE *.test'
IDLE_SECONDS = 0.6
BUSY = {"Network.requestWillBeSent": 1, "Network.loadingFinished": -1, "Network.loadingFailed": -1}


class Chromium:
    """A fresh browser with an empty profile; `close` ends it as a user would."""

    def __init__(self, network, folder, quiet=True):
        self.network = network
        self.profile = folder / "profile"
        self.netlog = folder / "netlog.json"
        self.flags = FLAGS + ((QUIET,) if quiet else ())
        for attempt in (1, 2):
            try:
                self._start()
                return
            except LabError as error:
                self._kill()
                if attempt == 2:
                    raise
                print(f"the browser failed to start ({error}); once more", flush=True)

    def tab(self):
        """The tab that the browser starts with."""
        return self.first

    def new_tab(self):
        """Open another, empty tab."""
        target = self.cdp.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        return self._tab_of(target)

    def close(self):
        """Close the browser and wait until it, and with it its sockets and its log, is finished."""
        try:
            self.cdp.send("Browser.close")
        except OSError:
            pass
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            raise LabError("the browser did not close") from None
        wait_until(lambda: not self.network.open_connections(), "the browser's sockets to close")

    def _start(self):
        shutil.rmtree(self.profile, ignore_errors=True)
        to_read, to_write = os.pipe()
        from_read, from_write = os.pipe()
        command = ["chromium", *self.flags, f"--user-data-dir={self.profile}",
                   f"--log-net-log={self.netlog}", "about:blank"]
        # The browser expects its pipes as descriptors 3 and 4.
        plumb = f'exec "$@" 3<&{to_read} 4>&{from_write}'
        environment = {**os.environ, "HOME": str(self.profile.parent), "TZ": "UTC"}
        self.process = self.network.start(
            "client", "bash", "-c", plumb, "bash", *command, pass_fds=(to_read, from_write),
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(from_write)
        self.cdp = cdp.Browser(to_write, from_read)
        self.version = self.cdp.call("Browser.getVersion", timeout=30)["product"]
        self.cdp.attach()
        event = self.cdp.wait_event(_attached_page, "the first tab", 30)
        self.first = Tab(self.cdp, event["params"]["sessionId"])

    def _tab_of(self, target):
        event = self.cdp.wait_event(
            lambda e: _attached_page(e) and e["params"]["targetInfo"]["targetId"] == target,
            "the new tab", 30)
        return Tab(self.cdp, event["params"]["sessionId"])

    def _kill(self):
        end(self.process)


def _attached_page(event):
    return (event["method"] == "Target.attachedToTarget"
            and event["params"]["targetInfo"]["type"] == "page")


class Tab:
    """One tab: open an address, run a script, wait until it is quiet."""

    def __init__(self, browser, session):
        self.cdp, self.session = browser, session

    def open(self, url):
        """Begin to navigate; returns at once when the navigation has begun."""
        self.cdp.send("Page.navigate", {"url": url}, self.session)
        self.opened = len(self.cdp.events)

    def reload(self):
        """Press reload, which asks the server again about what is cached."""
        self.opened = len(self.cdp.events)
        self.cdp.send("Page.reload", {}, self.session)

    def run(self, script, timeout=60.0):
        """Run a script in the page and return its value; a promise is awaited."""
        arguments = {"expression": script, "awaitPromise": True, "returnByValue": True}
        answer = self.cdp.call("Runtime.evaluate", arguments, self.session, timeout)
        if "exceptionDetails" in answer:
            raise LabError(f"script failed: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait_load(self, timeout=60.0):
        """Wait for the load event of the page that was opened last."""

        def loaded():
            return any(e["method"] == "Page.loadEventFired" and e.get("sessionId") == self.session
                       for e in self.cdp.events[self.opened:])

        wait_until(loaded, "the load event", timeout)

    def wait_quiet(self, timeout=90.0):
        """Wait for the load event, then until no request of any target has moved for a while."""
        self.wait_load(timeout)
        wait_until(lambda: self._idle(), "the network to be quiet", timeout, every=0.05)

    def _idle(self):
        open_requests, last = set(), 0.0
        for event in list(self.cdp.events):
            step = BUSY.get(event["method"])
            if not event["method"].startswith("Network."):
                continue
            last = event["arrived"]
            if step == 1:
                open_requests.add(event["params"]["requestId"])
            elif step == -1:
                open_requests.discard(event["params"]["requestId"])
        return not open_requests and time.monotonic() - last > IDLE_SECONDS
