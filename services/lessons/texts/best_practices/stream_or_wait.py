"""The same request three times waited for and three times streamed, in turns: when is the first word there?"""

import os
import statistics
import sys
import time

from openai import OpenAI

client = OpenAI()
model = os.environ.get("MODEL", "gpt-6-luna")
question = sys.argv[1] if len(sys.argv) > 1 else "Explain in three sentences why the sky is blue."
ask = {"model": model, "messages": [{"role": "user", "content": question}]}


def wait() -> tuple[float, float]:
    began = time.perf_counter()
    answer = client.chat.completions.create(**ask)
    print("usage:", answer.usage.to_json(indent=None))
    took = time.perf_counter() - began
    return took, took


def stream() -> tuple[float, float]:
    began, first = time.perf_counter(), 0.0
    with client.chat.completions.create(**ask, stream=True, stream_options={"include_usage": True}) as pieces:
        for piece in pieces:
            if piece.choices and piece.choices[0].delta.content and not first:
                first = time.perf_counter() - began
            if piece.usage:
                print("usage:", piece.usage.to_json(indent=None))
    return first, time.perf_counter() - began


times = {"waiting": [], "streaming": []}
for _ in range(3):
    times["waiting"].append(wait())
    times["streaming"].append(stream())
for name, measured in times.items():
    first = statistics.median(t[0] for t in measured)
    last = statistics.median(t[1] for t in measured)
    print(f"{name:9}: first word after {first:.2f} s, all after {last:.2f} s (medians of 3)")
