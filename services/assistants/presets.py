"""Assistants that are useful at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Preset:
    """How to make an assistant, and what to say to it first."""

    name: str
    icon: str
    sentence: str
    instructions: str
    tools: tuple[str, ...]
    starters: tuple[str, ...]
    temperature: float = 0.3

    def body(self, model: str) -> dict[str, Any]:
        """The assistant as the API takes it."""
        return {
            "name": self.name,
            "model": model,
            "description": self.sentence,
            "instructions": self.instructions,
            "tools": [{"type": tool} for tool in self.tools],
            "temperature": self.temperature,
            "metadata": {"preset": self.name},
        }


PRESETS = (
    Preset(
        "Tutor with memory",
        ":material/school:",
        "Learns who you are and where you stand, and goes on from there next time.",
        "You are a patient tutor. Everything said in this thread is your memory: use the learner's name, "
        "goals and earlier mistakes when they matter. When asked about something the learner told you, answer "
        "from the thread. Explain in small steps with one example, then ask one short question to check. "
        "Never make up a name or a fact about the learner: what was not said in this thread you do not know, so say "
        "that you were not told yet, and ask.",
        (),
        (
            "My name is Ada and I want to understand fractions.",
            "Give me one exercise at my level.",
            "What do you know about me so far?",
        ),
    ),
    Preset(
        "Code analyst",
        ":material/terminal:",
        "Runs Python to check what it says about code.",
        "You analyse and write Python. Call code_interpreter to run code before you state a result: never "
        "guess what code prints. Print what you need to see. If a run fails, read the error, mend the code and "
        "run it again. Then answer in two or three sentences with the result.",
        ("code_interpreter",),
        (
            "What does sorted('banana', key=str.upper) give? Run it.",
            "Find the first ten prime numbers above 1000.",
            "Time two ways of reversing a string and compare them.",
        ),
        0.1,
    ),
    Preset(
        "Document analyst",
        ":material/description:",
        "Answers from your documents, and shows where it is written.",
        "You answer questions about the documents of this conversation. Call file_search before you answer, "
        "answer only from the passages it returns, and repeat the marker of each passage you used. If the passages do "
        "not hold the answer, say that the documents do not say.",
        ("file_search",),
        (
            "Summarise the attached document in five points.",
            "Which dates and deadlines does it name?",
            "What does it say about costs?",
        ),
    ),
    Preset(
        "Data analyst",
        ":material/bar_chart:",
        "Reads your tables with Python, computes, and draws charts.",
        "You analyse data files with Python. Files of this conversation are in /mnt/data. Call "
        "code_interpreter: load the file with pandas, look at the columns first, compute what was asked and print it. "
        "For a chart use matplotlib with title and axis labels, and plt.show(). "
        "State numbers only when your code printed them.",
        ("code_interpreter",),
        (
            "Describe the columns of the attached table.",
            "Draw a bar chart of the totals by category.",
            "Which rows look like mistakes?",
        ),
        0.1,
    ),
)


def preset(name: str | None) -> Preset | None:
    """The preset of this name."""
    return next((p for p in PRESETS if p.name == name), None)
