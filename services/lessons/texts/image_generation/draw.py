"""Ask for a picture and save it."""

import base64
import os
import sys
import time

from openai import OpenAI

client = OpenAI()
model = os.environ.get("IMAGE_MODEL", "gpt-image-2.6-flare")
prompt = sys.argv[1] if len(sys.argv) > 1 else "two red apples on a table beside a cat, evening"

began = time.perf_counter()
answer = client.images.generate(
    model=model, prompt=prompt, size="1024x1024", quality="low", output_format="png"
)
with open("picture.png", "wb") as file:
    file.write(base64.b64decode(answer.data[0].b64_json))
print(f"{answer.size or 'a picture'} after {time.perf_counter() - began:.1f} s")
if answer.usage:
    print("usage:", answer.usage.to_json(indent=None))
