"""Words to sound with Hibari and Kokoro, in the process of the speech models.

Both read the same phonemes, which Hibari's package makes from English text, without a program under another licence.
"""

from __future__ import annotations

import base64
import tarfile
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.documents.refusals import Unreadable
from services.engines.audio.voices import HIBARI, KOKORO, kokoro_voice
from services.engines.child import default_threads
from services.media.audio.encoding import Encoder

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Sound = npt.NDArray[np.float32]

RATE_HZ = 24_000
SLOWEST, FASTEST = 0.5, 2.0
"""What the models can do themselves; the rest is stretched."""
NOTHING_TO_SAY = "holds no word that this voice can speak. It speaks English."


def speak(path: Path, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The text as sound in the format asked for, in base64, sentence by sentence. `path` is the folder of models."""
    import numpy as np

    speed = request["speed"]
    own_speed = min(max(speed, SLOWEST), FASTEST)
    encoder, seconds = Encoder(request["format"], RATE_HZ), 0.0
    for sound in _sentences(path, request, own_speed):
        samples = (_stretched(sound, speed / own_speed).clip(-1, 1) * 32767).astype(np.int16)
        seconds += samples.size / RATE_HZ
        yield {"audio": base64.b64encode(encoder.encode(samples)).decode()}
    if not seconds:
        raise Unreadable(NOTHING_TO_SAY)
    yield {"audio": base64.b64encode(encoder.end()).decode(), "seconds": seconds}


def _sentences(models_dir: Path, request: dict[str, Any], speed: float) -> Iterator[Sound]:
    if request["model"] == HIBARI:
        yield from _hibari(british=False).stream(request["text"], speed)
        return
    assert request["model"] == KOKORO
    voice, weights, voices = request["voice"], *map(str, request["files"])
    reader = _hibari(british=kokoro_voice(voice).startswith("b"))
    styles = _styles(voices, kokoro_voice(voice))
    for phonemes in reader.phonemize(request["text"]):
        ids = reader.ids(phonemes)
        yield _kokoro(weights, ids, styles[len(ids) - 2], speed)


@cache
def _hibari(*, british: bool) -> Any:
    from hibari import Hibari
    from hibari.g2p import G2P

    return Hibari(g2p=G2P(british=True)) if british else Hibari()


@cache
def _session(weights: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = default_threads()
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])


@cache
def _styles(archive: str, voice: str) -> Any:
    """How a voice sounds, for each number of phonemes: shape (510, 1, 256)."""
    import numpy as np

    with tarfile.open(archive) as voices:
        member = voices.extractfile(f"package/voices/{voice}.bin")
        assert member is not None
        return np.frombuffer(member.read(), "<f4").reshape(-1, 1, 256)


def _kokoro(weights: str, ids: list[int], style: Any, speed: float) -> Sound:
    import numpy as np

    given = {"tokens": np.array([ids]), "style": style, "speed": np.array([speed], np.float32)}
    sound: Sound = _session(weights).run(None, given)[0].ravel()
    return sound


def _stretched(sound: Sound, tempo: float) -> Sound:
    """The same pitch at another tempo."""
    import av
    import numpy as np
    from av.filter import Graph

    if tempo == 1 or not sound.size:
        return sound
    graph = Graph()
    source = graph.add_abuffer(
        format="flt", sample_rate=RATE_HZ, layout="mono", time_base=Fraction(1, RATE_HZ)
    )
    graph.link_nodes(source, graph.add("atempo", f"{tempo:.4f}"), graph.add("abuffersink")).configure()
    frame = av.AudioFrame.from_ndarray(sound.reshape(1, -1).astype(np.float32), format="flt", layout="mono")
    frame.sample_rate, frame.pts = RATE_HZ, 0
    graph.push(frame)
    graph.push(None)
    return np.concatenate([piece.to_ndarray().reshape(-1) for piece in _pulled(graph)])


def _pulled(graph: Any) -> Iterator[Any]:
    import av

    while True:
        try:
            yield graph.pull()
        except (av.EOFError, BlockingIOError):
            return
