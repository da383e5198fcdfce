"""What stands out in a picture, as a mask: U²-Net small on the processor."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from services.engines.fetch import ensure_files
from services.engines.manifest import ModelEntry

SIDE_PX = 320
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class CutoutEngine:
    """Loaded at first use, safe to call from several threads. Blocks for about a second."""

    def __init__(self, entry: ModelEntry, models_dir: Path) -> None:
        self.model_id = entry.id
        self._entry, self._models_dir = entry, models_dir
        self._lock = threading.Lock()
        self._session: Any = None

    def mask(self, picture: Any) -> Any:
        """How much each point belongs to the subject, (height, width) from 0 to 255, of RGB pixels."""
        import cv2
        import numpy as np

        height, width = picture.shape[:2]
        small = cv2.resize(picture, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
        small = (small / max(float(small.max()), 1.0) - np.array(MEAN, np.float32)) / np.array(
            DEVIATION, np.float32
        )
        found = self._loaded().run(None, {self._input: small.transpose(2, 0, 1)[None]})[0][0, 0]
        spread = float(found.max() - found.min())
        share = (found - found.min()) / spread if spread > 1e-6 else np.zeros_like(found)
        large = cv2.resize(share, (width, height), interpolation=cv2.INTER_CUBIC)
        return np.clip((large - 0.08) / 0.84 * 255, 0, 255).astype(np.uint8)

    def health(self) -> dict[str, Any]:
        """Whether the file is there and the model is loaded."""
        present = all((self._models_dir / f.filename).is_file() for f in self._entry.files)
        return {
            "model": self.model_id,
            "state": "ready" if self._session else "stopped" if present else "missing",
        }

    def close(self) -> None:
        """Free the model; the next use loads it again."""
        with self._lock:
            self._session = None

    @property
    def _input(self) -> str:
        return str(self._loaded().get_inputs()[0].name)

    def _loaded(self) -> Any:
        with self._lock:
            if self._session is None:
                import onnxruntime

                ensure_files(self._entry.files, self._models_dir)
                options = onnxruntime.SessionOptions()
                options.add_session_config_entry("session.intra_op.allow_spinning", "0")
                path = str(self._models_dir / self._entry.files[0].filename)
                self._session = onnxruntime.InferenceSession(
                    path, options, providers=["CPUExecutionProvider"]
                )
            return self._session
