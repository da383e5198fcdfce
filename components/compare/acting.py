"""What is sent from the comparison page: a message to all lanes, one lane's next or another answer, a scenario's next step."""

from __future__ import annotations

from components import state
from components.compare import lane_settings, playing
from components.compare.desk import Desk, open_desk
from components.compare.lanes import Wish
from services.compare.asking import NewMessage, behind, may_catch_up
from services.compare.records import LaneTalk


def say(desk: Desk, message: NewMessage) -> Desk:
    """Send to all lanes, once those that still answer have been stopped; the desk with the turns on their way.

    Raises AppError, and then nothing was said.
    """
    for live in desk.live.values():
        live.stop()
    for live in desk.live.values():
        live.join()
    stopped = open_desk(desk.house, desk.choice) if desk.live else desk
    comparison = stopped.begun()
    if stopped.comparison is None:
        stopped = open_desk(desk.house, desk.choice)
    desk.house.comparing.say(comparison, stopped.talks, message, stopped.ways())
    lane_settings.forget_own_files()
    state.let_go_typed()
    return open_desk(desk.house, desk.choice)


def go_on(desk: Desk) -> Desk:
    """Have lanes that were added later catch up, and a scenario say its next message. Raises AppError."""
    waiting = behind(desk.talks)
    late = [t for t in desk.talks if t.lane.id in waiting and t.lane.id not in desk.live and may_catch_up(t)]
    for talk in late:
        _catch_up(desk, talk)
    if not waiting and (message := playing.next_message(desk)) is not None:
        return say(desk, message)
    return open_desk(desk.house, desk.choice) if late else desk


def grant(desk: Desk, wish: Wish) -> None:
    """Do what the person wants of one lane. Raises AppError."""
    if wish.is_again:
        desk.house.comparing.again(wish.talk, desk.way(wish.talk.lane))
    else:
        _catch_up(desk, wish.talk)


def _catch_up(desk: Desk, talk: LaneTalk) -> None:
    desk.house.comparing.catch_up(talk, desk.talks, desk.way(talk.lane))
