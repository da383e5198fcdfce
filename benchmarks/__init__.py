"""Measured promises, each against something else in the same run."""

SECTIONS = {
    "passthrough": (
        "A scripted upstream, our server and a bare aiohttp pass-through, each in its own process; a client asks the"
        " upstream directly and through both, in alternation. The paced upstream writes 1,000 tokens a second."
    ),
    "start": "The app started five times as `make run` does it, until `/healthz` answers; then left alone.",
    "local_chat": (
        "The same prompts put to the model process directly and through /v1, in alternation, on the same process."
    ),
    "pages": "Chromium over a stored conversation of 500 messages; times from the click until the page is still.",
    "stop": "An upstream that never answers; from the click on Stop until it sees the client leave.",
    "tool_choice": (
        "Questions in English, German and French written before any tuning; right means the right tools with the"
        " right arguments."
    ),
}
