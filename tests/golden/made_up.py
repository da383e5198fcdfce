"""Records sessions with our own server, as the recorder of the real service does, to try the replay with."""

from __future__ import annotations

from typing import Any

from tests.golden.legs import Leg
from tests.golden.playground import Playground
from tests.golden.recording import Recording, Shape, load
from tests.golden.replies import Reply

NAMES = tuple(f"made up {i}" for i in range(40))
"""Accounts: one to record in, and one to replay into, for each test."""


class Recorder:
    """A client that writes down what it sent and got; like the real one, it drops forms."""

    def __init__(self, ground: Playground, name: str) -> None:
        self.entries: list[Shape] = []
        self.name = name
        self._ground, self._http = ground, ground.client(name)
        ground.model.begin()

    def recording(self, name: str) -> Recording:
        """What was written down, to be replayed into another account."""
        return load(name, {"Entries": self.entries})

    def says(self, *replies: Reply) -> None:
        """The model's next answers, in a run that is started next."""
        self._ground.model.expect(Leg("", "", 0, 0, "", replies))

    def __call__(self, method: str, path: str, **content: Any) -> Any:
        """Send a request, and give the body of the answer, or the text of a stream."""
        told = self._http.request(method, path, **content)
        is_stream = told.headers.get("content-type", "").startswith("text/event-stream")
        is_json = told.headers.get("content-type", "").startswith("application/json")
        body = told.text.splitlines(keepends=True) if is_stream else told.json() if is_json else told.text
        self.entries.append(
            {
                "RequestUri": str(told.request.url),
                "RequestMethod": method,
                "RequestHeaders": dict(told.request.headers),
                "RequestBody": content.get("json"),
                "StatusCode": told.status_code,
                "ResponseHeaders": dict(told.headers),
                "ResponseBody": body,
            }
        )
        return body

    def until(self, path: str, *states: str) -> Any:
        """Poll an object until it is in one of these states."""
        while True:
            found = self("GET", path)
            if found["status"] in states:
                return found

    def close(self) -> None:
        self._http.close()
