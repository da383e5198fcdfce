"""A talk behind a web service of one's own, with FastAPI: who remembers decides what the service has to keep."""

from __future__ import annotations

from services.as_code import python_sdk
from services.as_code.records import Recipe
from services.turns import Mode

_SAID = """\
class Said(BaseModel):
    message: str = Field(min_length=1, max_length=20_000)
"""
_BEGIN_HERE = """\
talks = {}  # the memory is yours: it ends with this process


@app.post("/talks")
def open_talk():
    talk = uuid4().hex
    talks[talk] = begin()
    return {"talk": talk}


@app.post("/talks/{talk}")
def say(talk: str, said: Said):
    if talk not in talks:
        raise HTTPException(404, "There is no such talk.")
    return {"answer": ask(talks[talk], said.message)}
"""
_BEGIN_THERE = """\
@app.post("/talks")
def open_talk():
    return {"talk": begin()}


@app.post("/talks/{talk}")
def say(talk: str, said: Said):
    return {"answer": ask(talk, said.message)}
"""
_RUN = """\
if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ.get("PORT", "8000")))
"""


def program(recipe: Recipe) -> str:
    """The service as one file."""
    is_kept_here = recipe.mode is Mode.CHAT_COMPLETIONS
    errors = ", HTTPException" if is_kept_here else ""
    modules = {"import os", "from openai import OpenAI", f"from fastapi import FastAPI{errors}"}
    modules |= {"from pydantic import BaseModel, Field", *python_sdk.imports(recipe)}
    modules |= {"from uuid import uuid4"} if is_kept_here else set()
    return python_sdk.joined(
        [
            python_sdk.import_lines(modules, "import uvicorn"),
            f"app = FastAPI()\n\n{python_sdk.client(recipe)}",
            python_sdk.settings(recipe),
            *python_sdk.core(recipe),
            _SAID,
            _BEGIN_HERE if is_kept_here else _BEGIN_THERE,
            _RUN,
        ]
    )
