"""Which request belongs to which page.

A page is a navigation of a tab's own frame; frames inside it, and what they load, belong to it.
The id of the loader tells for requests of a document, the tab and the moment for the rest: until
a new document is committed, the old one may still send.
"""


class Pages:
    """The navigations of all tabs, learnt from the events as they go by."""

    def __init__(self, events):
        self.targets, self.parents = {}, {}
        for event in events:
            if event["method"] == "Target.attachedToTarget":
                session = event["params"]["sessionId"]
                self.targets[session] = event["params"]["targetInfo"]
                self.parents[session] = event.get("sessionId")
        self.pages = []
        self.by_loader = {}
        self.committed = {}                 # session of a tab -> page on show in it

    def tab_of(self, session):
        """The session of the tab that a frame's or a worker's session belongs to."""
        while self.parents.get(session):
            session = self.parents[session]
        return session

    def page_of(self, event):
        """The page of a request; a document for a tab's own frame begins a new one."""
        session, params = event.get("sessionId"), event["params"]
        tab = self.tab_of(session)
        loader = params.get("loaderId")
        known = self.by_loader.get(loader)
        if known is None:
            top = params.get("frameId") == self.targets.get(tab, {}).get("targetId")
            if params.get("type") == "Document" and top:
                known = self._begin(tab, params)
            else:
                known = self.committed.get(tab)
            if loader:
                self.by_loader[loader] = known
        return known["id"] if known else None

    def page_at(self, moment):
        """The page that began last before a moment, for requests that no tab claims."""
        before = [page for page in self.pages if page["start"] <= moment + 0.005]
        return before[-1]["id"] if before else None

    def take(self, event):
        """Learn from an event that is not about a request."""
        method, params = event["method"], event["params"]
        session = event.get("sessionId")
        if method == "Page.frameNavigated" and "parentId" not in params["frame"]:
            page = self.by_loader.get(params["frame"]["loaderId"])
            if page and self.tab_of(session) == session:
                self.committed[session] = page
        elif method in ("Page.domContentEventFired", "Page.loadEventFired"):
            page = self.committed.get(session)
            key = "dcl_ms" if "dom" in method else "load_ms"
            if page and page[key] is None:
                page[key] = round((params["timestamp"] - page["_monotonic"]) * 1000, 3)

    def list(self):
        """The pages as plain data."""
        return [{key: value for key, value in page.items() if not key.startswith("_")}
                for page in self.pages]

    def _begin(self, tab, params):
        page = {
            "id": f"page_{len(self.pages) + 1}", "url": params["request"]["url"],
            "start": params["wallTime"], "tab": self.targets[tab]["targetId"],
            "dcl_ms": None, "load_ms": None, "_monotonic": params["timestamp"],
        }
        self.pages.append(page)
        return page
