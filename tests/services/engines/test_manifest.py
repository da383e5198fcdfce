from pathlib import Path

import pytest

from services.engines.manifest import local_models, manifest, resolve_local
from services.errors import InvalidInput


def test_every_file_has_a_hash_a_size_and_a_source():
    for model in manifest().models:
        for file in model.files:
            assert len(bytes.fromhex(file.sha256)) == 32
            assert file.size_bytes > 0
            assert file.urls or file.carrier


def test_parts_of_a_carrier_cover_the_whole_file():
    for model in manifest().models:
        for file in model.files:
            carrier = file.carrier
            if carrier and carrier.parts > 1:
                assert (
                    (carrier.parts - 1) * carrier.part_bytes
                    < file.size_bytes
                    <= carrier.parts * carrier.part_bytes
                )


def test_every_model_names_its_licence_and_publisher():
    assert all(model.licence and model.publisher and model.url for model in manifest().models)


def test_listing_offers_the_chosen_chat_model_and_embeddings(tmp_path: Path):
    listed = local_models(tmp_path, "qwen2.5-coder-0.5b-instruct", 4096)
    assert [(m.id, m.context_tokens, m.present) for m in listed] == [
        ("qwen2.5-coder-0.5b-instruct", 4096, False),
        ("all-minilm-l6-v2", 256, False),
        ("whisper-base", 448, False),
        ("hibari-heart", 400, True),
        ("kokoro-82m", 510, False),
        ("fluent-emoji-flat", 0, False),
        ("u2netp", 0, False),
        ("efficientnet-lite0", 0, False),
    ]


@pytest.mark.parametrize(
    ("name", "has_upstream", "kind"),
    [
        ("qwen2.5-coder-1.5b-instruct", True, "chat"),
        ("gpt-4o", False, "chat"),
        ("gpt-4o", True, None),
        ("gpt-3.5-turbo-0125", False, "chat"),
        ("gpt-4o-transcribe", False, "transcription"),
        ("gpt-4o-transcribe-diarize", False, None),
        ("whisper-1", True, None),
        ("tts-1", False, "speech"),
        ("text-embedding-3-small", False, "embeddings"),
        ("dall-e-3", False, "illustration"),
        ("gpt-image-2.6-sunburst", True, None),
        ("no-such-model", False, None),
    ],
)
def test_retired_names_answer_locally_only_without_an_upstream(name, has_upstream, kind):
    entry = resolve_local(name, has_upstream)
    assert (entry.kind if entry else None) == kind


def test_a_name_may_stand_for_one_model_of_a_kind():
    assert resolve_local("tts-1", has_upstream=False).id == "hibari-heart"
    assert resolve_local("tts-1-hd", has_upstream=False).id == "kokoro-82m"


def test_unknown_model_names_those_there_are():
    with pytest.raises(InvalidInput, match=r"qwen2\.5-coder-1\.5b-instruct"):
        manifest().model("nothing")
