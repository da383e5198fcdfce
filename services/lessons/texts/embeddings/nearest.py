"""Find the sentence that means the same, though it shares no word with the question."""

import os
import sys

from openai import OpenAI

client = OpenAI()
model = os.environ.get("EMBEDDING_MODEL", "text-embedding-3-small")
question = sys.argv[1] if len(sys.argv) > 1 else "How do I get my money back?"
sentences = [
    "Refunds are paid within fourteen days.",
    "The museum opens at nine in the morning.",
    "Our cats sleep most of the day.",
    "Returned goods are reimbursed in full.",
    "Please keep off the grass.",
]

answer = client.embeddings.create(model=model, input=[question, *sentences])
vectors = [item.embedding for item in answer.data]


def likeness(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b)) / (sum(x * x for x in a) * sum(y * y for y in b)) ** 0.5


print(f"{len(vectors[0])} numbers for each text. Likeness to: {question}")
for score, sentence in sorted(
    ((likeness(vectors[0], v), s) for v, s in zip(vectors[1:], sentences)), reverse=True
):
    print(f"  {score:.2f} {'#' * max(0, round(score * 30)):30} {sentence}")
print("usage:", answer.usage.to_json(indent=None))
