"""A click on Stop that reaches the server at the worst moment, told from what the server sends the browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

if TYPE_CHECKING:
    from playwright.sync_api import Page, WebSocketRoute

STOP = BackMsg(stop_script=True).SerializeToString()
Moment = Literal["begins", "ends"]
KEPT = """text => document.querySelector("[data-testid=stApp]").dataset.testScriptState === "notRunning"
    && [...document.querySelectorAll("[data-testid=stChatInputTextArea], [data-testid=stChatMessage]")]
        .some(place => (place.value || place.innerText).includes(text))"""
KINDS = {"begins": "page_config_changed", "ends": "script_finished"}


class LateStop:
    """Sits between a page and its server. Make it before the page is opened.

    Once `armed`, Stop arrives as the next run begins, or as that run ends and another one follows.
    """

    def __init__(self, page: Page) -> None:
        self.armed: Moment | None = None
        page.route_web_socket(re.compile("_stcore/stream"), self._between)

    def _between(self, browser: WebSocketRoute) -> None:
        server = browser.connect_to_server()

        def pass_on(data: str | bytes) -> None:
            browser.send(data)
            message = ForwardMsg.FromString(data) if isinstance(data, bytes) else ForwardMsg()
            if self.armed is not None and message.WhichOneof("type") == KINDS[self.armed]:
                self.armed = None
                server.send(STOP)

        server.on_message(pass_on)


def wait_until_kept(page: Page, text: str) -> None:
    """Wait until the page has settled with the message in the box again, or where it was sent before Stop came."""
    page.wait_for_function(KEPT, arg=text, timeout=20_000)
