"""Ask once, read the limits in the headers, and compute what the answer would cost on four models."""

import os
import sys
from decimal import Decimal

from openai import OpenAI

client = OpenAI(max_retries=4)  # waits longer after each refusal, as the headers say
model = os.environ.get("MODEL", "gpt-6-luna")
question = sys.argv[1] if len(sys.argv) > 1 else "Name three rivers."

raw = client.chat.completions.with_raw_response.create(
    model=model, messages=[{"role": "user", "content": question}]
)
answer = raw.parse()
print(answer.choices[0].message.content)
print("usage:", answer.usage.to_json(indent=None), end="\n\n")

limits = {name: value for name, value in raw.headers.items() if name.startswith("x-ratelimit")}
for name, value in limits.items():
    print(f"  {name}: {value}")
if not limits:
    print("  No rate limit headers: this server limits nobody.")

# US dollars for a million tokens, read and written; OpenAI's list of November 2026.
prices = {
    "gpt-6-luna": ("0.10", "0.50"),
    "gpt-6.1-terra": ("1.00", "5.00"),
    "gpt-6.2-sol": ("2.00", "10.00"),
    "gpt-6.2-astra": ("8.00", "40.00"),
}
for name, (read, written) in prices.items():
    tokens = answer.usage
    cost = (tokens.prompt_tokens * Decimal(read) + tokens.completion_tokens * Decimal(written)) / 1_000_000
    print(f"  a thousand such answers on {name}: ${cost * 1000:.2f}")
