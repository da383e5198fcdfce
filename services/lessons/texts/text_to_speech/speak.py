"""Turn a sentence into speech, and measure how soon the first sound is there."""

import os
import sys
import time

from openai import OpenAI

client = OpenAI()
model = os.environ.get("SPEECH_MODEL", "gpt-4o-mini-tts")
text = sys.argv[1] if len(sys.argv) > 1 else "The train to Lisbon leaves at ten past seven."

began = time.perf_counter()
size_bytes = 0
with (
    client.audio.speech.with_streaming_response.create(
        model=model, voice="alloy", input=text, response_format="wav"
    ) as speech,
    open("speech.wav", "wb") as file,
):
    for piece in speech.iter_bytes():
        if not size_bytes:
            print(f"first sound after {time.perf_counter() - began:.2f} s")
        size_bytes += file.write(piece)
print(f"{size_bytes:,} bytes for {len(text)} characters, all there after {time.perf_counter() - began:.2f} s")
