"""What a session works with that outlives it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from agent.budget import Budget
from agent.clock import Clock
from agent.uplink.interfaces import EnvelopeQueue, MessageHandler, StatusMaker, TopicOf
from agent.uplink.journal import Journal
from agent.uplink.settings import UplinkSettings
from agent.uplink.window import Window


@dataclass(slots=True)
class Signals:
    """What the service asks of the publisher, from outside its loop.

    Attributes:
        wake: set whenever there is something to do.
        stored: new rows were stored since the last look.
        sealed: envelopes may have been sealed by somebody else since the last look.
        announce: publish the status soon.
        idle: set while nothing is left to send, or nothing can be.
    """

    wake: asyncio.Event = field(default_factory=asyncio.Event)
    stored: bool = True
    sealed: bool = False
    announce: bool = False
    idle: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything a session works with that outlives it.

    Attributes:
        last_step: called when a new process reaches the broker and this one does not; may raise, to end it.
    """

    settings: UplinkSettings
    queue: EnvelopeQueue
    budget: Budget
    clock: Clock
    topic_of: TopicOf
    on_message: MessageHandler
    status: StatusMaker
    window: Window
    journal: Journal
    beat: Callable[[], None]
    signals: Signals = field(default_factory=Signals)
    last_step: Callable[[], None] = lambda: None


async def wait_for(event: asyncio.Event, seconds: float) -> None:
    """Return when `event` is set, or is set by this timer; does not start a task."""
    timer = asyncio.get_running_loop().call_later(seconds, event.set)
    try:
        await event.wait()
    finally:
        timer.cancel()
