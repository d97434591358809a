"""Publishes sealed envelopes to the broker and hands what comes back to the service.

In: sealed bytes with a row id. Out: QoS 1 publishes; receipts and control documents, unverified. Never: sees a
payload's meaning or a key. What it decides with is in `agent.uplink`.
"""

import random as _random
from collections.abc import Callable

from agent.budget import Budget
from agent.clock import Clock
from agent.uplink.interfaces import EnvelopeQueue, Link, LinkRequest, MessageHandler, StatusMaker, TopicOf
from agent.uplink.journal import Journal
from agent.uplink.ladder import child_reaches
from agent.uplink.mqtt import MqttLink
from agent.uplink.runner import Runner
from agent.uplink.services import Services
from agent.uplink.settings import UplinkSettings
from agent.uplink.tls import Certified, ContextMaker
from agent.uplink.window import Window


class Publisher(Runner):
    """The uplink.

    `run` publishes until it is cancelled; `notify` tells it that rows were stored; `announce` asks for a fresh
    status; `drained` returns when nothing is left that can be sent; `state` is for `lamppost status`.

    Args:
        settings: the broker.
        queue: the outbox.
        budget: what may be sent.
        clock: monotonic time.
        topic_of: where an envelope goes.
        on_message: takes receipts and control documents, unverified; it deals with what does not verify.
        status: makes the unit's signed status.
        random: from 0 up to 1, for the back-off.
        beat: called whenever the publisher makes progress, for the watchdog.
        certified: told when the broker's certificate, once verified, begins and ends to be valid.
        last_step: called when a new process reaches the broker and this one does not; may raise, to end it.
    """

    def __init__(  # noqa: PLR0913 - everything the publisher is joined to, by keyword
        self,
        settings: UplinkSettings,
        *,
        queue: EnvelopeQueue,
        budget: Budget,
        clock: Clock,
        topic_of: TopicOf,
        on_message: MessageHandler,
        status: StatusMaker,
        random: Callable[[], float] = _random.random,
        beat: Callable[[], None] = lambda: None,
        last_step: Callable[[], None] = lambda: None,
        certified: Certified | None = None,
    ) -> None:
        services = Services(
            settings=settings,
            queue=queue,
            budget=budget,
            clock=clock,
            topic_of=topic_of,
            on_message=on_message,
            status=status,
            beat=beat,
            last_step=last_step,
            window=Window(settings),
            journal=Journal(settings.where, clock.mono_ns()),
        )
        contexts = None if settings.tls is None else ContextMaker(settings.tls, certified)

        async def ask_child() -> bool:
            return await child_reaches(settings.host, settings.port)

        async def open_link(request: LinkRequest) -> Link:
            link = MqttLink(settings, request, clock=clock, contexts=contexts)
            await link.open()
            return link

        super().__init__(services, open_link=open_link, random=random, ask_child=ask_child)
