"""One recorded exchange, and the same request from curl and from Python."""

import inspect
import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.wire import (
    SDK_CHAT_PARAMETERS,
    Exchange,
    as_curl,
    as_python,
    messages_sent,
    redact_headers,
    response_text,
    shorten_data_urls,
)

NASTY = [
    'it\'s "quoted" and `ticked`',
    "line\nbreak\r\nand\ttab",
    "$HOME $(id) !! \\n \\\\ ${x}",
    "JSON\nJSON_\n'JSON'",
    "日本語 🏳️‍🌈 \u2028 \u202e \x00 \x1b",
    "\ud800 alone",
    "@/etc/passwd",
    "'" * 9 + '"""' + "\\",
]
SENDABLE = [text for text in NASTY if "\ud800" not in text]  # the SDK cannot send half a character
HEADERS = {
    "Authorization": "Bearer ***",
    "Content-Type": "application/json",
    "X-Stainless-Lang": "python",
    "Host": "elsewhere",
    "Content-Length": "1",
    "OpenAI-Beta": "it's=v2",
}
CHUNKS = [{"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in ("Hel", "lo", " – 日本")]


class Upstream(ThreadingHTTPServer):
    """A scripted model server on 127.0.0.1 that remembers what it was sent."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.requests = []
        self.url = f"http://127.0.0.1:{self.server_port}/v1"


class Answer(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.requests.append((self.path, dict(self.headers.items()), body))
        streamed = json.loads(body).get("stream")
        whole = {"id": "c", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}}]}
        answer = sse(CHUNKS) if streamed else json.dumps(whole)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream" if streamed else "application/json")
        self.end_headers()
        self.wfile.write(answer.encode())

    do_GET = do_POST

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def upstream():
    with Upstream() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def sse(chunks):
    return "".join(f"data: {json.dumps(c)}\n\n" for c in chunks) + "data: [DONE]\n\n"


def exchange(url="http://127.0.0.1:1/v1", path="/chat/completions", **body):
    text = json.dumps(body) if body else ""
    return Exchange("POST", url + path, HEADERS, text, len(text), datetime.now(UTC))


def chat(content, **more):
    return {"model": "m", "messages": [{"role": "user", "content": content}], **more}


def run(command, program):
    env = {**os.environ, "OPENAI_API_KEY": "sk-test"}
    finished = subprocess.run(
        command, input=program.encode(), capture_output=True, timeout=60, env=env, check=False
    )
    assert finished.returncode == 0, finished.stderr.decode()
    return finished.stdout.decode()


def run_curl(upstream, **body):
    output = run(["bash"], as_curl(exchange(upstream.url, **body)).replace("curl", "curl -sS", 1))
    path, headers, sent = upstream.requests.pop()
    return output, path, headers, json.loads(sent)


@pytest.mark.parametrize("text", NASTY)
def test_curl_sends_any_text_unchanged(upstream, text):
    body = chat(text, temperature=0.1, stream=False)
    _, path, headers, sent = run_curl(upstream, **body)
    assert path == "/v1/chat/completions"
    assert sent == body
    assert headers["Authorization"] == "Bearer sk-test"
    assert headers["OpenAI-Beta"] == "it's=v2"
    assert "X-Stainless-Lang" not in headers


def test_curl_carries_a_conversation_longer_than_an_argument_may_be(upstream):
    body = chat("long " * 100_000)
    assert run_curl(upstream, **body)[3] == body


def test_curl_of_a_stream_prints_its_events(upstream):
    output, *_ = run_curl(upstream, **chat("hi", stream=True))
    assert output == sse(CHUNKS)


@settings(max_examples=25, deadline=None)
@given(
    st.text(max_size=60),
    st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8), max_size=3),
)
def test_curl_quoting_survives_whatever_is_typed(upstream, text, metadata):
    body = chat(text, metadata=metadata)
    assert run_curl(upstream, **body)[3] == body


def test_curl_of_a_get_has_no_body():
    command = as_curl(replace(exchange(path="/models"), method="GET"))
    assert command.startswith("curl http://127.0.0.1:1/v1/models")
    assert "--data" not in command


def test_python_streams_the_same_request(upstream):
    bodies = [chat("\n".join(SENDABLE), stream=True, temperature=0.5, top_k=40, stop=None, logprobs=True)]
    program = as_python(exchange(upstream.url, **bodies[0]))
    assert run([sys.executable, "-"], program) == "Hello – 日本\n"
    assert json.loads(upstream.requests.pop()[2]) == bodies[0]


def test_python_of_whole_answers_and_other_endpoints_runs(upstream):
    whole = as_python(exchange(upstream.url, **chat("hi")))
    other = as_python(exchange(upstream.url, "/embeddings", model="e", input="hi"))
    output = run([sys.executable, "-"], f"{whole}\n{other}")
    assert output.startswith("Hello\n{'id': 'c'")
    assert [path for path, *_ in upstream.requests[-2:]] == ["/v1/chat/completions", "/v1/embeddings"]


def test_parameter_names_are_those_of_the_sdk():
    from openai.resources.chat.completions import Completions

    taken = set(inspect.signature(Completions.create).parameters)
    assert taken - {"self", "extra_headers", "extra_query", "extra_body", "timeout"} == SDK_CHAT_PARAMETERS


def test_shortened_pictures_are_mentioned():
    picture = shorten_data_urls("data:image/png;base64," + "A" * 4000)
    parts = [{"type": "image_url", "image_url": {"url": picture}}]
    sent = exchange(**chat(parts))
    assert as_curl(sent).startswith("# Pictures are shortened")
    assert as_python(sent).startswith("# Pictures are shortened")


def test_the_text_of_a_streamed_answer_is_put_together():
    assert response_text(replace(exchange(), response_body=sse(CHUNKS))) == "Hello – 日本"


def test_the_text_of_a_cut_stream_is_what_had_arrived():
    body = sse(CHUNKS)
    texts = [response_text(replace(exchange(), response_body=body[:n])) for n in range(len(body))]
    assert all("Hello – 日本".startswith(text) for text in texts)


def test_the_text_of_whole_answers_and_of_errors():
    whole = json.dumps({"choices": [{"message": {"content": "Hi"}}]}, indent=1)
    assert response_text(replace(exchange(), response_body=whole)) == "Hi"
    for body in ('{"error": {"message": "no"}}', '{"choices": null}', "<html>", "", '{"choices": [7]}'):
        assert response_text(replace(exchange(), response_body=body)) == ""


def test_messages_come_back_in_the_order_they_were_sent():
    messages = [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]
    assert messages_sent(exchange(model="m", messages=messages)) == messages
    assert messages_sent(exchange()) == []
    assert messages_sent(replace(exchange(), request_body="[1]")) == []


def test_keys_cookies_and_account_names_are_not_kept():
    shown = redact_headers(
        {
            "authorization": "Bearer sk-secret",
            "Proxy-Authorization": "Basic abc",
            "api-key": "k",
            "X-Tandem-Upstream-Key": "k",
            "Cookie": "a=b",
            "set-cookie": "a=b",
            "OpenAI-Organization": "org",
            "openai-project": "p",
            "x-ratelimit-remaining-tokens": "100",
        }
    )
    assert shown.pop("authorization") == "Bearer ***"
    assert shown.pop("x-ratelimit-remaining-tokens") == "100"
    assert set(shown.values()) == {"***"}


def test_long_data_urls_are_shortened_and_short_ones_kept():
    long, short = "data:image/png;base64," + "QUJD" * 1000, "data:image/png;base64,QUJD"
    assert shorten_data_urls(f'{{"url":"{long}"}}') == '{"url":"data:image/png;base64,…(3,000 bytes)"}'
    assert shorten_data_urls(long.replace("QUJD", "Q\\/JD")) == "data:image/png;base64,…(3,000 bytes)"
    assert shorten_data_urls(f"{short} and {long}\\nmore").startswith(f"{short} and data:image/png;base64,…(")
    assert shorten_data_urls(f"{long}\\nmore").endswith("bytes)\\nmore")


def test_importing_the_vocabulary_does_not_import_the_http_client():
    loaded = run([sys.executable, "-"], "import sys, services.turns; print('httpx2' in sys.modules)")
    assert loaded == "False\n"
