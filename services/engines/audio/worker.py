"""The process that runs the speech models; a fault in their libraries ends it, and not the server."""

from __future__ import annotations

from services.documents.serving import by_kind, serve
from services.engines.audio.hearing import transcribe
from services.engines.audio.speaking import speak

BROKEN = "could not be worked out by the local model. Try again, or send it in another form."


def main() -> None:
    """Answer until stdin ends."""
    serve(by_kind({"transcribe": transcribe, "speak": speak}), BROKEN)


if __name__ == "__main__":
    main()
