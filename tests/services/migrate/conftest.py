from __future__ import annotations

from tests.support.talks import person, talk_loop, talk_service

__all__ = ["person", "talk_loop", "talk_service"]
