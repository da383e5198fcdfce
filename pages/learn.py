"""Learn: twelve lessons, each with a program that runs and questions that explain."""

from __future__ import annotations

from components import sidebar, state
from components.failures import show
from components.gauge import Gauge
from components.house import house as open_house
from components.lessons import overview, reading
from services.errors import NotFound
from services.lessons.catalogue import lesson
from services.lessons.progress import progress

house = open_house()
choice = sidebar.draw(house)
Gauge(house, choice, None, (), {}).draw(None)

done_so_far = progress(house.preferences)
opened = None
if (slug := state.lesson_slug()) is not None:
    try:
        opened = lesson(slug)
    except NotFound as error:
        show(error)
if opened is None:
    overview.draw(house, done_so_far)
else:
    reading.draw(house, choice, opened, done_so_far)
