"""A second, simpler account of the same rules, run beside the real ones on every sequence that hypothesis finds."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.control.errors import Unheeded
from agent.control.judgement import Now
from agent.control.layout import decode, encode
from agent.control.standing import RANK
from agent.wire.orders import Command, Order, Role
from tests.support.orders import NOW, NOW_MS, STREAMS, UNSET, clocks, controller, ordered

STATES = (Order.RUN, Order.HOLD, Order.SUSPEND)
ALLOWED = {Role.OPS: {Order.RUN, Order.HOLD}, Role.PRIVACY: set(Order), Role.ROOT: set(Order)}
ROLES = (Role.OPS, Role.PRIVACY, Role.ROOT)


@dataclass(frozen=True)
class Step:
    role: Role
    commands: tuple[Command, ...]
    synchronised: bool
    expired: bool
    leap: int
    restart: bool
    written: bool


COMMANDS = st.builds(
    Command, stream=st.sampled_from([*STREAMS, None]), order=st.sampled_from(Order), until_ms=st.none()
)
STEPS = st.builds(
    Step,
    role=st.sampled_from(ROLES),
    commands=st.lists(
        COMMANDS, min_size=1, max_size=3, unique_by=lambda command: (command.stream, command.order)
    ).map(tuple),
    synchronised=st.booleans(),
    expired=st.booleans(),
    leap=st.integers(-1, 3),
    restart=st.booleans(),
    written=st.booleans(),
)


@dataclass
class Model:
    """What each role demands at the least, stream by stream; streams of tomorrow are the stream None."""

    demands: dict[str | None, dict[Role, Order]] = field(
        default_factory=lambda: {stream: dict.fromkeys(ROLES, Order.RUN) for stream in (None, *STREAMS)}
    )

    def state(self, stream: str | None) -> Order:
        return max(self.demands[stream].values())

    def obey(self, step: Step, command: Command) -> None:
        targets = [None, *STREAMS] if command.stream is None else [command.stream]
        for stream in targets:
            order, mine = command.order, self.demands[stream]
            above = max([mine[role] for role in ROLES if RANK[role] > RANK[step.role]], default=Order.RUN)
            if order is Order.PURGE or order not in ALLOWED[step.role] or order < above:
                continue
            if order < self.state(stream) and (not step.synchronised or step.expired):
                continue
            for role in ROLES:
                if RANK[role] < RANK[step.role]:
                    mine[role] = Order.RUN
            mine[step.role] = order


def _clock(step: Step, mono_ms: int) -> Now:
    return replace(NOW if step.synchronised else UNSET, mono_ms=mono_ms)


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=20))
def test_states_are_those_of_the_model_whatever_is_ordered(steps: Sequence[Step]) -> None:
    desk, model, version = controller(), Model(), 0
    for number, step in enumerate(steps):
        version = max(0, version + step.leap)
        expires = NOW_MS - 1 if step.expired else None
        reference = str(number)  # so that no document comes again
        data = ordered(*step.commands, role=step.role, version=version, expires_ms=expires, reference=reference)
        fresh = version > (desk.state.version or 0)
        try:
            decision = desk.take(data, now=_clock(step, number * 10_000_000), streams=STREAMS)
        except Unheeded:
            assert not fresh
        else:
            if fresh:
                for command in step.commands:
                    model.obey(step, command)
            desk.settle(decision, written=True)
        if step.restart:  # what is on the medium is all that a start knows
            desk = controller(decode(encode(desk.state, number))[0])
        assert {stream: desk.state.of(stream).state for stream in STREAMS} == {
            stream: model.state(stream) for stream in STREAMS
        }
        assert desk.state.everywhere.state is model.state(None)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([Role.PRIVACY, Role.ROOT]),
    st.sampled_from([Order.HOLD, Order.SUSPEND]),
    st.lists(STEPS, max_size=20),
)
def test_sequence_of_lower_roles_never_loosens_what_a_higher_one_set(
    role: Role, order: Order, steps: Sequence[Step]
) -> None:
    desk = controller()
    desk.settle(desk.take(ordered(order, role=role), now=clocks(), streams=STREAMS), written=True)
    version = 1
    for number, step in enumerate(steps):
        if RANK[step.role] >= RANK[role]:
            continue
        version = max(0, version + step.leap)
        data = ordered(*step.commands, role=step.role, version=version)
        try:
            decision = desk.take(data, now=_clock(step, number * 10_000_000), streams=STREAMS)
        except Unheeded:
            continue
        desk.settle(decision, written=step.written)
        again = desk.retry(now=clocks(mono_ms=number * 10_000_000 + 1), streams=STREAMS)
        if again is not None:
            desk.settle(again, written=step.written)
        if step.restart:
            desk = controller(decode(encode(desk.state, number))[0])
        assert desk.state.of("air").state >= order
        if order is Order.HOLD:
            assert "air" not in desk.state.purges


@settings(max_examples=100, deadline=None)
@given(st.lists(STEPS, max_size=20))
def test_version_never_falls_and_never_comes_twice(steps: Sequence[Step]) -> None:
    desk, taken, version = controller(), [], 0
    for number, step in enumerate(steps):
        version = max(0, version + step.leap)
        data = ordered(*step.commands, role=step.role, version=version)
        try:
            decision = desk.take(data, now=_clock(step, number * 10_000_000), streams=STREAMS)
        except Unheeded:
            continue
        again = desk.state.last is not None and desk.state.last.document == decision.document.digest
        desk.settle(decision, written=step.written)
        if decision.taken and not again:
            taken.append(decision.document.control.version)
    assert taken == sorted(set(taken))
