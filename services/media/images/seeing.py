"""The facts about a picture, as our own server tells them."""

from __future__ import annotations

from typing import Any

from services.media.images.looking import Look, of_wire
from services.sdk import SdkApi


class Seeing(SdkApi):
    """Asks the server that `connection` names. Raises AppError."""

    timeout_s = 300.0

    def look(self, data: bytes) -> Look:
        """The facts about a picture. Blocks for seconds: the first time, models load. Raises InvalidInput for what is none."""
        with self._speaking() as client:
            found: dict[str, Any] = client.post(
                "/images/facts",
                cast_to=dict[str, Any],
                files={"image": ("picture", data)},
                options={"headers": {"Content-Type": "multipart/form-data"}},
            )
            return of_wire(found)
