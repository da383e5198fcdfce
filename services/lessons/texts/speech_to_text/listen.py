"""Speak a sentence with one endpoint, write it down with the other, and compare."""

import os
import sys
import time

from openai import OpenAI

client = OpenAI()
text = sys.argv[1] if len(sys.argv) > 1 else "The meeting moved to Thursday at half past nine."

speech = client.audio.speech.create(
    model=os.environ.get("SPEECH_MODEL", "gpt-4o-mini-tts"), voice="alloy", input=text, response_format="wav"
)
with open("spoken.wav", "wb") as file:
    file.write(speech.content)

began = time.perf_counter()
with open("spoken.wav", "rb") as file:
    heard = client.audio.transcriptions.create(
        model=os.environ.get("TRANSCRIPTION_MODEL", "gpt-transcribe"), file=file
    )
print(f"said : {text}\nheard: {heard.text}")
print(f"written down in {time.perf_counter() - began:.1f} s")
