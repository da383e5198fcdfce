"""Draw a small picture, send it along with a question, and read what the model sees."""

import base64
import io
import os
import sys

from openai import OpenAI
from PIL import Image, ImageDraw

client = OpenAI()
model = os.environ.get("MODEL", "gpt-6-luna")
question = sys.argv[1] if len(sys.argv) > 1 else "Which words and which colours are in this picture?"

picture = Image.new("RGB", (480, 240), "#fde68a")
draw = ImageDraw.Draw(picture)
draw.ellipse((300, 50, 440, 190), fill="#1d4ed8")
draw.text((30, 90), "Platform 7\nto Lisbon", fill="#7f1d1d", font_size=42)
picture.save("picture.png")

raw = io.BytesIO()
picture.save(raw, "PNG")
url = "data:image/png;base64," + base64.b64encode(raw.getvalue()).decode()
answer = client.chat.completions.create(
    model=model,
    messages=[
        {
            "role": "user",
            "content": [
                {"type": "text", "text": question},
                {"type": "image_url", "image_url": {"url": url, "detail": "low"}},
            ],
        }
    ],
)
print(answer.choices[0].message.content)
print("usage:", answer.usage.to_json(indent=None))
