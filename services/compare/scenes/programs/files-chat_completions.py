import os
import re
import sys
from pathlib import Path

from openai import OpenAI
from pypdf import PdfReader

client = OpenAI()
model = os.environ["MODEL"]
INSTRUCTIONS = "Answer from these passages only, and name the one you used:\n\n"


def passages(path: Path) -> list[str]:
    """The file in pieces, each with where it comes from."""
    if path.suffix == ".pdf":
        pages = [page.extract_text() for page in PdfReader(path).pages]
        return [f"[{path.name}, page {n}] {text}" for n, text in enumerate(pages, 1)]
    head, *rows = path.read_text().splitlines()
    return [f"[{path.name}, row {n}] {head}: {row}" for n, row in enumerate(rows, 1)]


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


names, messages = sys.argv[1].split(","), sys.argv[2:]
known = [passage for name in names for passage in passages(Path(name))]
history = []
for message in messages:
    best = sorted(known, key=lambda passage: -len(words(passage) & words(message)))[:4]
    history.append({"role": "user", "content": message})
    found = {"role": "system", "content": INSTRUCTIONS + "\n".join(best)}
    answer = client.chat.completions.create(model=model, messages=[found, *history])
    text = answer.choices[0].message.content
    history.append({"role": "assistant", "content": text})
    print(text)
