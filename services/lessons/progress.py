"""Which questions have been answered right: kept with the person's other preferences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from services.lessons.records import Lesson
from services.storage.preferences import Preferences

PREFERENCE = "lessons"


@dataclass(frozen=True, slots=True)
class Progress:
    """The questions answered right so far, by lesson and index."""

    answered: frozenset[tuple[str, int]]

    def of(self, lesson: Lesson) -> int:
        """How many questions of a lesson are answered."""
        return sum((lesson.slug, index) in self.answered for index in range(len(lesson.questions)))

    def is_done(self, lesson: Lesson) -> bool:
        """Whether all questions of a lesson are answered."""
        return self.of(lesson) == len(lesson.questions)

    def next_of(self, lessons: Iterable[Lesson]) -> Lesson | None:
        """The first lesson that is not done, though all it needs are."""
        known = tuple(lessons)
        done = {one.slug for one in known if self.is_done(one)}
        return next((one for one in known if one.slug not in done and done.issuperset(one.needs)), None)


def progress(preferences: Preferences) -> Progress:
    """What has been answered so far."""
    kept: list[list[object]] = preferences.get(PREFERENCE, [])
    return Progress(frozenset((str(slug), int(str(index))) for slug, index in kept))


def answered(preferences: Preferences, lesson: Lesson, index: int) -> Progress:
    """Remember that a question was answered right."""
    now = Progress(progress(preferences).answered | {(lesson.slug, index)})
    preferences.set(PREFERENCE, [list(pair) for pair in sorted(now.answered)])
    return now


def start_over(preferences: Preferences) -> None:
    """Forget all answers."""
    preferences.delete(PREFERENCE)
