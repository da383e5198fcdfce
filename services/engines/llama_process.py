"""The chat model's own process: llama.cpp and its HTTP server, on a free loopback port.

Its settings arrive as one JSON line on stdin, its address leaves as one on stdout. It ends when stdin
does: the parent's death closes the pipe, on every system, even after a `kill -9`.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

INHERITED_FDS = 1024


def main() -> None:
    """Serve until stdin ends."""
    os.closerange(
        3, INHERITED_FDS
    )  # above all the parent's listening socket, which would keep its port taken
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever the library prints must not mix with our answers
    settings = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        server = _serve(settings)
    except Exception as error:
        print(json.dumps({"error": str(error)}), file=answers, flush=True)
        os._exit(1)
    print(json.dumps({"base_url": server.listening_address}), file=answers, flush=True)
    threading.Event().wait()


def _serve(settings: dict[str, Any]) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = settings["model_path"]
    params.model_alias = {settings["model_id"]}
    params.api_keys = [settings["api_key"]]
    params.chat_template = settings["chat_template"]
    params.n_parallel = settings["slots"]
    params.n_ctx = settings["context_tokens"] * settings["slots"]
    params.cache_ram_mib = settings["cache_ram_mib"]
    params.sleep_idle_seconds = settings["sleep_idle_s"]
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = settings["threads"]
    if settings.get("adapter_path"):
        params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(settings["adapter_path"], 1.0)]
    params.port = 0
    params.cors_origins = ""
    params.ui = params.endpoint_slots = params.fit_params = False
    params.verbosity = 0
    return xllamacpp.Server(params)


def _end_with_parent() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
