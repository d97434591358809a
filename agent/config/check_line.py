"""Rules about the time of a Modbus line: what a silent device costs its neighbours, and whether all fits in.

In: the buses and sensors of a file. Out: warnings. Never: an error: a sample that finds no time on the line is left
out and counted, and the line goes on; a bus.

A device that does not answer keeps the line for as long as it may take to answer (`drivers.modbus.timing.limit_s`),
once for each try. Neighbours that are due meanwhile wait, and then all of them are due at once. If a sensor has not
had its turns when its next sample is due, that one is left out (`agent.poller`); if its timeout passes first, it is
taken for one that fails. One silent device at a time is reckoned with, the slowest: where a cable breaks, all are.

What is reckoned here is the least that a line can need: quiet, requests and answers. How long a healthy device takes
before it begins to answer is in no file.
"""

import math
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from agent.config.check_bus import Buses
from agent.config.check_sensor import Sensors
from agent.config.plans import BusKind, BusPlan, SensorPlan
from agent.tomlfile import Duration, Severity, Table, quoted
from drivers.bus.framing import LineFormat
from drivers.modbus import frames, timing
from drivers.modbus.device import Foretelling
from drivers.modbus.frames import Function, Request
from drivers.modbus.standing import SHARE
from drivers.model import Delivery, ModbusModel

_FULL: Final = SHARE / (SHARE + 1)
"""What a device that does not answer leaves of a line at the very least (`drivers.modbus.standing`)."""
_SHORTEST: Final = frames.read(Function.READ_HOLDING, frames.FIRST_SLAVE, address=0, count=1)
"""What a driver asks for that does not tell: at least this."""
_STEP_MS: Final = 100
_LINE_KEYS: Final = ("baudrate", "parity", "stop_bits", "turnaround")


@dataclass(frozen=True, slots=True)
class _User:
    """A sensor on a line, with what it costs.

    Attributes:
        plan: the sensor.
        declared: whether a device file describes it.
        sample_s: seconds of the line that a sample takes at the least.
        silence_s: seconds of the line that one try takes when it does not answer.
    """

    plan: SensorPlan
    declared: bool
    sample_s: float
    silence_s: float

    @property
    def share(self) -> float:
        """How much of the line's time it takes, 1 for all of it."""
        return self.sample_s / self.plan.interval_s


def check_lines(root: Table, buses: Buses, *, sensors: Sensors, installed: Container[str]) -> None:
    """Report sensors that may lose samples when a neighbour is silent, and lines with more to do than they can.

    Args:
        root: the file.
        buses: its buses.
        sensors: its sensors.
        installed: names of the models that no device file describes.
    """
    tables = root.tables("sensor")
    for name, table in root.tables("bus").items():
        plan = buses.plans.get(name)
        if plan is not None and plan.kind is BusKind.MODBUS and _is_right(table, _LINE_KEYS):
            users = list(_users(plan, sensors.plans.values(), installed))
            polled = [user for user in users if user.plan.model.delivery is Delivery.POLLED]
            for user in polled:
                _check_wait(tables[user.plan.name], user, users)
            _check_share(table, plan, [user for user in polled if _has_interval(tables[user.plan.name], user.plan)])


def _is_right(table: Table, keys: Iterable[str]) -> bool:
    """Return whether none of these keys was reported: then their values, or their defaults, hold."""
    return all(key in table.values for key in keys if key in table.written)


def _has_interval(table: Table, plan: SensorPlan) -> bool:
    """Return whether its interval is known and possible."""
    return _is_right(table, ("interval",)) and plan.interval_s >= plan.model.fastest_s


def _users(line: BusPlan, plans: Iterable[SensorPlan], installed: Container[str]) -> Iterable[_User]:
    form = _form(line)
    gap_s = timing.gap_s(form, turnaround_s=line.turnaround_s)
    for plan in plans:
        if plan.bus == line.name and isinstance(plan.model, ModbusModel):
            response_s, asked = plan.model.response_s, _requests(plan.model)
            yield _User(
                plan,
                plan.model.name not in installed,
                sum(gap_s + timing.bytes_s(request, form) for request in asked),
                gap_s + max(timing.limit_s(request, form, response_s=response_s) for request in asked),
            )


def _form(line: BusPlan) -> LineFormat:
    if line.baudrate is None:
        raise AssertionError(f"bus {line.name}: a Modbus line always has a speed")
    return LineFormat(line.baudrate, line.parity, line.stop_bits)


def _requests(model: ModbusModel) -> Sequence[Request]:
    """Return what one sample asks for; the slave's number makes no request longer."""
    create: object = model.create
    return create.requests(frames.FIRST_SLAVE) if isinstance(create, Foretelling) else (_SHORTEST,)


def _check_wait(table: Table, user: _User, users: Iterable[_User]) -> None:
    """Report an interval or a timeout that passes while the slowest neighbour is waited for in vain."""
    others = sorted((other for other in users if other is not user), key=lambda other: other.silence_s)
    if not others:
        return
    slowest, plan = others.pop(), user.plan
    needed_s = slowest.silence_s + sum(other.sample_s for other in [*others, user])
    if plan.interval_s < needed_s and _has_interval(table, plan):
        _warn_wait(
            table,
            "interval",
            f"sensor {quoted(plan.name)} is sampled every {plan.interval_s:g} s, but",
            needed_s=needed_s,
            slowest=slowest,
            cost="the sample that is due meanwhile is left out",
        )
    if plan.timeout_s < needed_s and _is_right(table, ("timeout",)):
        _warn_wait(
            table,
            "timeout",
            f"sensor {quoted(plan.name)} is given up after {plan.timeout_s:g} s, but",
            needed_s=needed_s,
            slowest=slowest,
            cost=f"sensor {quoted(plan.name)} then counts as failing, though it is well",
        )


def _warn_wait(table: Table, key: str, begin: str, *, needed_s: float, slowest: _User, cost: str) -> None:
    other = slowest.plan
    least = Duration(math.ceil(needed_s * 1000 / _STEP_MS) * _STEP_MS)
    written = table.get(key, Duration)
    remedy = f"make the {key} longer, or give the sensor a line of its own"
    if slowest.declared:
        remedy += f", or give {other.model.name} a shorter response in its device file, if its manual allows that"
    table.problem(
        key if written is not None else None,
        "line-wait",
        f"{begin} on bus {quoted(other.bus)} a sample can take {needed_s:.2f} s when sensor {quoted(other.name)} "
        "does not answer",
        expected=f"{key} = {quoted(least.written())} or more",
        found="nothing, so the model's own" if written is None else quoted(written.written()),
        hint=f"{cost}: {remedy}",
        severity=Severity.WARNING,
    )


def _check_share(table: Table, line: BusPlan, users: Iterable[_User]) -> None:
    """Report a line on which not everything fits that is asked of it."""
    most = sorted(users, key=lambda user: user.share, reverse=True)
    share = sum(user.share for user in most)
    if share <= _FULL:
        return
    table.problem(
        "baudrate" if "baudrate" in table.values else None,
        "line-full",
        f"reading all sensors of bus {quoted(line.name)} at their intervals takes {share:.0%} of the line's time "
        f"at {_form(line).words()}, besides the time in which the devices prepare their answers",
        expected=f"{_FULL:.0%} or less: a device that does not answer may take the rest",
        found=", ".join(f"{user.plan.name} {user.share:.0%}" for user in most),
        hint="what does not fit is left out: make intervals longer, or raise the speed here and on every device of "
        "the line, or make two lines of it",
        severity=Severity.WARNING,
    )
