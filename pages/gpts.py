"""GPTs: configurations with a name, built with a preview beside, shared as files, run in any mode."""

from __future__ import annotations

from components import sidebar, state
from components.failures import show
from components.gauge import Gauge
from components.gpts import builder, shelf, view
from components.house import house as open_house
from services.errors import NotFound

house = open_house()
choice = sidebar.draw(house)
Gauge(house, choice, None, (), {}).draw(None)

opened = None
if (gpt_id := state.gpt_id()) is not None:
    try:
        opened = house.gpts.get(gpt_id)
    except NotFound as error:
        show(error)
if (edited := builder.edited()) is not None:
    builder.draw(house, choice, edited)
elif opened is not None:
    view.draw(house, choice, opened)
else:
    shelf.draw(house)
