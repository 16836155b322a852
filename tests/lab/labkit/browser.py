"""Chromium in the client's namespace, and the few things a visit asks of it."""

import os
import shutil
import subprocess
import time
from urllib.parse import urlsplit

from . import authority, cdp
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
ENDINGS = ("Network.loadingFinished", "Network.loadingFailed")


def force_quic(*origins):
    """The switch with which Chromium speaks QUIC, and nothing else, to hosts with their ports.

    It takes QUIC certificates from a root that an administrator added for the hosts of this list
    only, whatever their ports: so a port that nobody asks for lifts that ban and forces nothing.
    """
    return f"--origin-to-force-quic-on={','.join(origins)}"


class Chromium:
    """A fresh browser with an empty profile; `close` ends it as a user would."""

    def __init__(self, network, folder, trusted, quiet=True, flags=()):
        self.network = network
        self.keylog = folder / "keys.log"
        authority.trust(folder, trusted.root)
        self.profile = folder / "profile"
        self.netlog = folder / "netlog.json"
        self.flags = FLAGS + ((QUIET,) if quiet else ()) + tuple(flags)
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
        environment = {**os.environ, "HOME": str(self.profile.parent), "TZ": "UTC",
                       "SSLKEYLOGFILE": str(self.keylog)}
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
        self.cdp, self.session, self.opened = browser, session, 0
        # A tab that is still busy with its first, empty document forgets to report what a
        # navigation does that comes too early.
        wait_until(lambda: self.run("document.readyState") == "complete", "an empty tab")
        for method in cdp.WATCH:
            self.cdp.call(method, {}, session)

    def open(self, url):
        """Begin to navigate; returns at once when the navigation has begun."""
        self.opened = len(self.cdp.events)
        self.cdp.send("Page.navigate", {"url": url}, self.session)

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

    def leave(self):
        """Show an empty page, which asks nobody for anything."""
        self.open("about:blank")
        self.wait_load()

    def wait_failed(self, url):
        """Wait until a navigation has failed and the browser shows its page about that."""
        self.cdp.wait_event(
            lambda e: e["method"] == "Page.frameNavigated" and e.get("sessionId") == self.session
            and e["params"]["frame"].get("unreachableUrl") == url, f"{url} to fail")
        self.wait_quiet()

    def wait_requested(self, path, finished=False):
        """Wait until a request whose address has that path was sent, or was finished."""

        def done():
            ids = self._requests(path)
            return ids if not finished else any(
                e["method"] in ENDINGS and e["params"]["requestId"] in ids
                for e in list(self.cdp.events))

        wait_until(done, f"{path} to be asked for")

    def wait_received(self, path, size):
        """Wait until that much of a body has come."""

        def enough():
            ids = self._requests(path)
            return size <= sum(
                e["params"]["dataLength"] for e in list(self.cdp.events)
                if e["method"] == "Network.dataReceived" and e["params"]["requestId"] in ids)

        wait_until(enough, f"{size} bytes of {path}")

    def _requests(self, path):
        """The ids of the requests on the wire (those with headers of their own) for a path."""
        sent = {e["params"]["requestId"] for e in list(self.cdp.events)
                if e["method"] == "Network.requestWillBeSentExtraInfo"}
        return sent & {e["params"]["requestId"] for e in list(self.cdp.events)
                       if e["method"] == "Network.requestWillBeSent"
                       and urlsplit(e["params"]["request"]["url"]).path == path}

    def wait_quiet(self, timeout=60.0):
        """Wait for the load event, then until no request of any target has moved for a while."""
        self.wait_load(timeout)
        try:
            wait_until(self._idle, "the network to be quiet", timeout, every=0.05)
        except LabError as error:
            raise LabError(f"{error}; still open: {sorted(self._open()[0].values())}") from None

    def _idle(self):
        still_open, last = self._open()
        return not still_open and time.monotonic() - last > IDLE_SECONDS

    def _open(self):
        """The requests that have not ended, of all targets, and when one of them moved last."""
        still_open, loaders, last = {}, {}, 0.0
        for event in list(self.cdp.events):
            method, params = event["method"], event["params"]
            if method == "Page.frameNavigated" and "parentId" not in params["frame"]:
                # What the old document still waited for is given up without a word.
                own = (event.get("sessionId"), params["frame"]["loaderId"])
                for request in [r for r, of in loaders.items() if of[0] == own[0] and of != own]:
                    still_open.pop(request, None)
            if not method.startswith("Network."):
                continue
            last = event["arrived"]
            if method == "Network.requestWillBeSent":
                still_open[params["requestId"]] = params["request"]["url"]
                loaders[params["requestId"]] = (event.get("sessionId"), params["loaderId"])
            elif method in ENDINGS:
                still_open.pop(params["requestId"], None)
        return still_open, last
