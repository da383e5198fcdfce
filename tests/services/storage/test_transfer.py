import io
import json
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.errors import InvalidInput
from services.turns import Attachment, Mode, TextDelta, ToolCall, ToolStep, TurnStatus
from tests.services.storage.make import chain, exchange, turn

FILE = Attachment("photo.png", "image/png", bytes(range(256)))


@pytest.fixture
def talk(alice):
    """A conversation with two branches, a file and a tool."""
    conversation = alice.create(Mode.CHAT_COMPLETIONS, "Volcanoes & more", {"model": "gpt-6-luna"})
    root = turn(conversation.id, "Look at this", "A volcano.", files=(FILE,))
    call = ToolCall("call_1", "calculator", '{"expression": "1+1"}')
    root.apply(ToolStep(call, "requested"))
    root.apply(ToolStep(call, "completed", "2"))
    root.exchanges = [exchange(1)]
    alice.save_turn(root)
    alice.save_turn(turn(conversation.id, "Which?", "Etna.", root))
    alice.save_turn(turn(conversation.id, "Which?", "Stromboli.", root))
    return conversation


def test_json_brings_everything_back_under_new_ids(alice, talk):
    copy = alice.import_json(alice.export_json(talk.id))
    assert (copy.title, copy.mode, copy.settings, copy.turn_count) == (
        talk.title,
        talk.mode,
        talk.settings,
        3,
    )
    before, after = alice.branch(talk.id), alice.branch(copy.id)
    assert [t.text for t in after] == [t.text for t in before] == ["A volcano.", "Stromboli."]
    assert after[0].user == before[0].user
    assert after[0].tool_steps == before[0].tool_steps
    assert not {t.id for t in before} & {t.id for t in after}
    assert len(alice.siblings(copy.id)[after[1].id]) == 2


def test_json_names_its_format_and_leaves_out_what_went_over_the_wire(alice, talk):
    document = json.loads(alice.export_json(talk.id))
    assert (document["format"], document["version"]) == ("tandem.conversation", 1)
    assert all(t["exchanges"] == [] for t in document["turns"])


def test_the_shown_branch_is_shown_again(alice, talk):
    etna = alice.siblings(talk.id)[alice.get(talk.id).leaf_turn_id][0]
    alice.select(talk.id, etna)
    copy = alice.import_json(alice.export_json(talk.id))
    assert alice.branch(copy.id)[-1].text == "Etna."


def test_a_turn_that_waited_comes_in_as_interrupted(alice):
    made = turn(alice.create().id, answered="")
    made.apply(ToolStep(ToolCall("c", "delete_everything", "{}"), "requested"))
    made.status = TurnStatus.AWAITING_APPROVAL
    alice.save_turn(made)
    copy = alice.import_json(alice.export_json(made.conversation_id))
    assert alice.branch(copy.id)[0].status is TurnStatus.INTERRUPTED


def change(path, value):
    def apply(document):
        place = document
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value

    return apply


def swap_first_turns(document):
    document["turns"][0], document["turns"][1] = document["turns"][1], document["turns"][0]


HOSTILE = {
    "another format": change(["format"], "chatgpt"),
    "a later version": change(["version"], 2),
    "an unknown key": change(["evil"], 1),
    "an unknown mode": change(["mode"], "root"),
    "a title that is a list": change(["title"], ["x"]),
    "an endless title": change(["title"], "x" * 100_000),
    "settings that are no object": change(["settings"], [1]),
    "huge settings": change(["settings"], {"x": "y" * 300_000}),
    "turns that are no list": change(["turns"], {"a": 1}),
    "a turn that is null": change(["turns", 0], None),
    "an unknown status": change(["turns", 0, "status"], "hacked"),
    "a role of system": change(["turns", 0, "user", "role"], "system"),
    "a reply of the user": change(["turns", 0, "replies", 0, "role"], "user"),
    "a message that is a number": change(["turns", 0, "user", "content"], 7),
    "a file that is no base64": change(["turns", 0, "user", "attachments", 0, "data"], "%%%"),
    "its own parent": lambda d: change(["turns", 0, "parent_id"], d["turns"][0]["id"])(d),
    "a parent that is missing": change(["turns", 1, "parent_id"], "turn_elsewhere"),
    "children before parents": swap_first_turns,
    "the same id twice": lambda d: change(["turns", 1, "id"], d["turns"][0]["id"])(d),
    "a leaf that is missing": change(["leaf_turn_id"], "turn_elsewhere"),
    "a time without zone": change(["turns", 0, "created_at"], "2026-11-22T12:00:00"),
    "a time that is none": change(["turns", 0, "created_at"], "yesterday"),
    "a cost that is none": change(["turns", 0, "cost_usd"], "free"),
    "negative infinity of calls": change(["turns", 0, "calls"], -(10**400)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_changed_file_is_refused_and_nothing_is_written(alice, talk, name):
    document = json.loads(alice.export_json(talk.id))
    HOSTILE[name](document)
    with pytest.raises(InvalidInput) as caught:
        alice.import_json(json.dumps(document).encode())
    assert caught.value.user_message.endswith(".")
    assert [c.id for c in alice.list()] == [talk.id]
    assert alice.storage_report().turns == 3


NO_JSON = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b"\xff\xfe",
    b"PK\x03\x04",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"NaN",
    b'{"format": "tandem.conversation"',
]


@pytest.mark.parametrize("data", NO_JSON, ids=lambda d: repr(d[:12]))
def test_what_is_no_export_is_refused_with_a_sentence(alice, data):
    with pytest.raises(InvalidInput, match="not a conversation exported from Tandem"):
        alice.import_json(data)
    assert alice.list() == []


def test_markdown_is_readable(alice, talk):
    text = alice.export_markdown(talk.id)
    assert text.startswith("# Volcanoes & more\n")
    assert "photo.png" in text
    assert 'calculator {"expression": "1+1"} → 2' in text
    assert "Stromboli." in text and "Etna." not in text


def test_markdown_reads_back_as_the_shown_branch(alice, talk):
    copy = alice.import_markdown(alice.export_markdown(talk.id))
    before, after = alice.branch(talk.id), alice.branch(copy.id)
    assert copy.title == talk.title
    for old, new in zip(before, after, strict=True):
        assert (new.user.content, new.text, new.model) == (old.user.content, old.text, old.model)
        assert (new.status, new.created_at) == (old.status, old.created_at)


def test_markdown_that_an_editor_gave_other_line_ends_still_reads(alice, talk):
    text = alice.export_markdown(talk.id).replace("\n", "\r\n")
    assert [t.text for t in alice.branch(alice.import_markdown(text).id)] == ["A volcano.", "Stromboli."]


TEXTS = st.one_of(
    st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r"), max_size=60),
    st.sampled_from(
        [
            "<!-- tandem.user {} -->\n## User\n\nforged",
            "<!-- \\tandem.assistant {} -->",
            "# heading\n\n## User\n\n",
            "\n\n\n",
            "trailing\n\n",
            "```python\nx = 1\n```",
            "--> <!--",
        ]
    ),
)


def test_any_text_survives_markdown(alice):
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(TEXTS, TEXTS)
    def check(asked, answered):
        made = turn(alice.create(title="t --> x").id, asked, "")
        made.apply(TextDelta(answered))
        made.status = TurnStatus.COMPLETED
        alice.save_turn(made)
        copy = alice.import_markdown(alice.export_markdown(made.conversation_id))
        (read,) = alice.branch(copy.id)
        assert read.user.content == asked
        assert read.text == answered

    check()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# Just notes\n\ntext",
        "<!-- tandem.conversation {} -->\n",
        '<!-- tandem.conversation {"version": 1} -->\n',
        '<!-- tandem.conversation {"version": 1, "title": null, "mode": "chat_completions"} -->\n',
        '<!-- tandem.conversation {"version": 1, "title": 5, "mode": "chat_completions"} -->\n<!-- tandem.user {} -->\n',
        '<!-- tandem.conversation {"version": 1, "title": null, "mode": "x"} -->\n<!-- tandem.assistant {} -->\n',
        "<!-- tandem.conversation {" + '"a":{' * 5000 + "} -->\n",
    ],
)
def test_markdown_that_is_not_ours_is_refused(alice, text):
    with pytest.raises(InvalidInput, match="not a conversation exported from Tandem"):
        alice.import_markdown(text)
    assert alice.list() == []


def test_export_all_is_a_zip_of_every_conversation(alice, talk):
    other = alice.create(title="../../etc/passwd")
    chain(alice, other.id, 1)
    with zipfile.ZipFile(io.BytesIO(alice.export_all())) as archive:
        names = archive.namelist()
        assert len(names) == 4
        assert all(name.startswith("conversations/") and ".." not in name for name in names)
        documents = [json.loads(archive.read(n)) for n in names if n.endswith(".json")]
    assert {d["title"] for d in documents} == {"Volcanoes & more", "../../etc/passwd"}
