"""Measured promises, each against something else in the same run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of measurement, made by `benchmarks/<name>.py`: how, and what to think of a missed target."""

    how: str
    if_missed: str = ""
    has_quick_form: bool = True


SECTIONS = {
    "passthrough": Section(
        "A scripted upstream, our server (started by `streamlit run` and by `uvicorn`) and a bare aiohttp relay, each in"
        " its own process; a client asks the upstream directly and through each of them, in turns. With one client the"
        " upstream writes 1,000 tokens a second, with 32 as fast as they are read.",
        "Added times are differences of medians of a few milliseconds; another program on the machine changes them. The"
        " bare relay in the same table shows by how much.",
    ),
    "assistants": Section(
        "The app as `make run` starts it, before a scripted upstream that writes 1,000 tokens a second. Single operations one"
        " after the other; streamed runs in turns with plain streamed completions through the same server.",
        "Differences of a few milliseconds: another program on the machine changes them.",
    ),
    "search_quality": Section(
        "243 questions on 66 free documents (`benchmarks/retrieval`), written before any search was tried: by BM25 alone, by"
        " vectors alone, and by both, through the server's own readers and search. A passage counts when it holds 60 % of"
        " the text that answers.",
        "The embedding model is small and knows little but English.",
    ),
    "file_answers": Section(
        "108 questions on 11 PDFs written for this project (`benchmarks/file_questions`) before anything was tuned, through /v1:"
        " uploaded, read, recognised where they are pictures, embedded, and searched. A passage answers when it is of the"
        " right file and page and holds the text that answers, whole.",
        "The embedding model is small and knows little but English.",
    ),
    "compare": Section(
        "Two lanes of Chat Completions straight at a scripted upstream that writes 100 tokens a second, one of Assistants and one of"
        " Responses through the app, each alone and all at once, in turns. Then the page with 50 messages to four lanes in Chromium.",
        "All of it shares one machine: the upstream, the app, the lanes and the browser.",
    ),
    "file_citing": Section(
        "The committed questions to PDFs, every fourth, answered by the local model: by hand with each"
        " sentence traced, and by an assistant. A citation is right when it leads to a page that answers.",
        "A small model takes something near to what was asked for an answer.",
        has_quick_form=False,
    ),
    "table_answers": Section(
        "66 questions to 8 tables made for this project (`benchmarks/file_questions`), on which prompt and checks were tuned; 26"
        " written later, by which some more was mended (before that 0.69 of them were right); and 22 written after that. The tables"
        " are loaded as uploads are, the questions answered by the local model through /v1. Right is a result with exactly the"
        " expected rows.",
        "A model of 1.5 billion parameters invents a filter now and then.",
    ),
    "search_speed": Section(
        "250 files of 400 made-up passages each, their words as frequent as words are, their vectors random; 60 questions of"
        " six words, one after the other.",
        "Disk and processor are shared with whatever else the machine does.",
    ),
    "ingestion": Section(
        "A PDF of 1,000 pages of real text, 3,000 characters each, through the server's own reader; vectors for one of 40"
        " pages with the local embedding model, on all cores.",
        "Embedding is pure processor time: it halves when something else runs.",
    ),
    "table_queries": Section(
        "A CSV of five million made-up sales, loaded and asked through the processes that the app uses, in turns with DuckDB"
        " alone, in this process, over the same file; both with two threads or as many as there are cores.",
        "Loading and asking are processor time; on a machine that does something else meanwhile they take longer.",
    ),
    "images": Section(
        "100 prompts (`benchmarks/image_prompts.txt`), each with the things it names, written before they were tried. A thing is hit"
        " when a drawing that the line accepts stands in the scene, in the number said. Then 40 sentences set in five typefaces,"
        " sizes, colours, with noise or slant, read by the local OCR; accuracy is 1 minus the edits per character.",
        "The set has some 1,500 drawings; what it lacks is drawn as what is nearest in meaning, or left out and said.",
    ),
    "sandbox": Section(
        "The code interpreter behind the sandbox that works here, in this process: from the call of a program that prints a"
        " word until the word is there; in turns with `python -c pass`. Warm is a worker that stands by with pandas and"
        " matplotlib imported, as one does once a run that has the tool begins.",
        "Starting processes is processor time; on a machine that does something else meanwhile it takes longer.",
    ),
    "start": Section(
        "The app is started as `make run` does it, with a key and no model files, until `/healthz` answers 200; then left"
        " alone until its resident memory stands still. Installed size is what the packages of requirements.txt take on disk.",
        "Start-up is processor time; on a machine that does something else meanwhile it takes longer.",
    ),
    "stop": Section(
        "An upstream that accepts the question and never answers; from the click on Stop in Chromium until the upstream"
        " sees its client leave.",
    ),
    "pages": Section(
        "Chromium over a stored conversation of 500 messages, of which the page draws the last 40 and the rest when asked;"
        " from the click until Streamlit runs nothing and the page changes no more.",
        "Chromium, Streamlit and the measuring share the cores; each run sends the whole page to the browser again.",
    ),
    "usage": Section(
        "Chromium over a ledger of a million calls in two years, of six models in three modes; from the click until Streamlit"
        " runs nothing and the page changes no more. The file of every call is written in this process.",
        "Adding up is the database's work on one core, and Chromium and Streamlit want the others.",
    ),
    "assistant_page": Section(
        "Chromium over a server that keeps 200 threads of four messages, the list showing the latest; from the click until"
        " Streamlit runs nothing and the page changes no more. First token: from the moment a scripted upstream goes on"
        " until the word is in the page, through our server, the SDK and Streamlit, by the clock of the one machine.",
        "Chromium, Streamlit and the measuring share the cores.",
    ),
    "storage": Section(
        "A new SQLite database with 500 turns in one branch and 200 conversations, through `services.storage`.",
    ),
    "local_chat": Section(
        "The same prompts put to the model's own process directly and through /v1, in turns, on the same process; speed"
        " counts from the first token on. The prompt cache: the second turn of a conversation against an equally long"
        " conversation that the model has not seen.",
        "Tokens a second vary by a few percent from answer to answer, more when the cores are shared.",
    ),
    "audio": Section(
        "40 sentences spoken by two voices through /v1 and heard again, as they are and with noise 15 dB below them; word errors,"
        " where spelling of numbers and capitals do not count. All of them after one another as one"
        " recording. A spoken turn: a question heard, answered by the local model and its first sentence spoken, as the Voice page"
        " does it, without the pause that tells the end of speech; medians, the prompt cache warm.",
        "Hearing and answering are processor time on all cores; when something else runs they take longer.",
    ),
    "presets": Section(
        "Twenty tasks, five for each preset of the assistant page, through /v1 with the local model: facts asked for later in a"
        " thread, programs, a handbook, a table. Done means that the answer holds what it must, and that the program ran, the"
        " passage was cited, the chart or the file was made.",
        "This is what a model of this size can do; a larger one, or a key, does more.",
        has_quick_form=False,
    ),
    "tool_choice": Section(
        "Questions in English, German and French written before any tuning, with the tools they may use; right means the"
        " right tools with the right arguments.",
        "This is what a model of this size can do; a larger one, or a key, chooses better.",
        has_quick_form=False,
    ),
}
