"""Tandem: the user interface at / and the OpenAI-compatible API at /v1, in one process on one port.

`streamlit run app.py` and `uvicorn app:app` both serve it.
"""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount, Route

from services.server.address import RememberAddress
from services.server.api import create_api
from services.server.routes.health import healthz
from services.settings import get_settings

api = create_api(get_settings(), None)

app = st.App(
    Path(__file__).parent / "components" / "shell.py",
    routes=[Mount("/v1", app=api), Route("/healthz", healthz)],
    middleware=[Middleware(RememberAddress)],
)
