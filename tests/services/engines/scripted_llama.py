"""Stands in for the chat model's process: same handshake, answers from a script instead of a model.

The "model file" is the script: a JSON list, one item for each request in turn (the last one stays).
An item has `status` and `body`, or `events`; `die_after` ends the process after so many events,
`endless` sends events until the client leaves. Requests and departures are noted in `heard.jsonl` beside it.
"""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

settings = json.loads(sys.stdin.readline())
script_path = Path(settings["model_path"])
script = json.loads(script_path.read_text())
if script == "broken":
    print(json.dumps({"error": "the file is broken"}), flush=True)
    sys.exit(1)
heard = script_path.with_name("heard.jsonl")
starts = script_path.with_name("starts")
starts.write_text(starts.read_text() + "x" if starts.exists() else "x")
turn = iter(range(10**6))


def note(**what):
    with heard.open("a") as out:
        out.write(json.dumps(what) + "\n")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        item = script[min(next(turn), len(script) - 1)]
        note(body=body, authorized=self.headers["Authorization"] == f"Bearer {settings['api_key']}")
        if "body" in item:
            self.whole(item)
        else:
            self.streamed(item)

    def whole(self, item):
        data = json.dumps(item["body"]).encode()
        self.send_response(item.get("status", 200))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def streamed(self, item):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for count, event in enumerate(item["events"], 1):
                self.send(f"data: {json.dumps(event)}\n\n")
                if item.get("die_after") == count:
                    os._exit(9)
            while item.get("endless"):
                self.send(f"data: {json.dumps(item['events'][-1])}\n\n")
            self.send("data: [DONE]\n\n")
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            note(left=True)

    def send(self, text):
        self.wfile.write(f"{len(text.encode()):x}\r\n{text}\r\n".encode())
        self.wfile.flush()


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(json.dumps({"base_url": f"http://127.0.0.1:{server.server_port}"}), flush=True)
sys.stdin.read()
os._exit(0)
