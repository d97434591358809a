"""Control documents as the city makes them, and what units have answered, in words.

In: what an officer wants, a private key of the city; answers. Out: envelopes; sentences. Never: whether a unit obeys;
it decides by its own rules, and its answer says so.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from agent.wire import cose, payload
from agent.wire.control import MAX_AUTHORITY_BYTES, MAX_COMMANDS, MAX_REFERENCE_BYTES
from agent.wire.errors import MalformedPayload
from agent.wire.keyfile import SigningKey
from agent.wire.messages import Kind
from agent.wire.orders import AckContent, Command, Control, Order, Outcome, Refusal
from receiver.answers import Answer
from receiver.errors import ReceiverError

ORDERS: Final = {order.name.lower(): order for order in Order}
_MS: Final = 1000
_STATES: Final = {Order.RUN: "runs", Order.HOLD: "is held", Order.SUSPEND: "is suspended"}
_WHY: Final = {
    Refusal.ROLE: "the key's role may not give this order",
    Refusal.OUTRANKED: "a higher role has ordered something stricter",
    Refusal.CLOCK: "the unit's clock is not synchronised; it tries again when it is",
    Refusal.EXPIRED: "the document had expired",
    Refusal.HELD: "what is held may not be purged",
    Refusal.UNKNOWN_STREAM: "the unit has no such stream",
    Refusal.STORAGE: "the unit could not write it to its medium; what is restrictive holds until its next start",
}


class BadOrder(ReceiverError):
    """Not an order that a unit could be given."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """Stands for whichever key an envelope names: what it lets through is unverified, and good for a topic only."""

    kid: bytes
    alg: int

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Return True: nothing is verified here."""
        del signature, message
        return True


def commands(streams: Sequence[str] | None, orders: Sequence[str], *, until_ms: int | None) -> tuple[Command, ...]:
    """Return a command for each stream and order, in this order; None for every stream of the unit.

    Raises:
        BadOrder: a time without a purge.
    """
    chosen = [ORDERS[order] for order in orders]
    if until_ms is not None and Order.PURGE not in chosen:
        raise BadOrder("--until goes with --order purge only")
    return tuple(
        Command(stream=stream, order=order, until_ms=until_ms if order is Order.PURGE else None)
        for order in chosen
        for stream in (streams if streams is not None else [None])
    )


def make(control: Control, key: SigningKey) -> bytes:
    """Return the signed document.

    Raises:
        BadOrder: it has no form.
    """
    try:
        return cose.sign(payload.encode(control), kind=Kind.CONTROL, signer=key)
    except MalformedPayload as error:
        limits = f"{MAX_COMMANDS} commands, {MAX_REFERENCE_BYTES} and {MAX_AUTHORITY_BYTES} bytes of text"
        raise BadOrder(f"{error} (at most {limits}, and each order once for a stream)") from error


def read_unverified(data: bytes) -> Control:
    """Return what a document says, without knowing who signed it: to see where it must go, and nothing else.

    Raises:
        WireError: it is no control document.
    """
    claim = cose.peek(data)
    content = payload.decode(Kind.CONTROL, cose.verify(data, key=Claimed(claim.kid, claim.alg), kind=Kind.CONTROL))
    if not isinstance(content, Control):
        raise MalformedPayload("not a control document")
    return content


def next_version(answers: Sequence[Answer]) -> int:
    """Return one above the highest version that a unit has answered, newest answer first; 1 if it never did."""
    return answers[0].content.version + 1 if answers else 1


def utc_ms(text: str) -> int:
    """Return a time as ms since 1970.

    Raises:
        BadOrder: it is no time, or does not say in which zone.
    """
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise BadOrder(f"{text!r}: expected a time such as 2026-11-30T12:00:00Z") from error
    if moment.tzinfo is None:
        raise BadOrder(f"{text!r}: say which time zone is meant: Z for UTC, or an offset such as -05:00")
    found = int(moment.timestamp() * _MS)
    if found < 0:
        raise BadOrder(f"{text!r}: expected a time after 1970")
    return found


def told(control: Control) -> list[str]:
    """Return what a document orders, in words."""
    expiry = "never expires" if control.expires_ms is None else f"may loosen until {_time(control.expires_ms)}"
    lines = [f"unit {control.unit}, version {control.version}, order {control.reference}; {expiry}"]
    for command in control.commands:
        stream = "every stream" if command.stream is None else f"stream {command.stream}"
        until = "" if command.until_ms is None else f", windows that ended by {_time(command.until_ms)}"
        lines.append(f"  {command.order.name.lower()} {stream}{until}")
    return lines


def answered(content: AckContent, *, received_ms: int | None = None) -> list[str]:
    """Return what a unit has answered, in words."""
    when = "at an unknown time (its clock is unset)" if content.utc_ms is None else f"at {_time(content.utc_ms)}"
    came = "" if received_ms is None else f", received {_time(received_ms)}"
    lines = [f"unit {content.unit} answered version {content.version} {when}{came}"]
    return lines + [f"  {_outcome(outcome)}" for outcome in content.outcomes]


def obeyed(outcomes: Iterable[Outcome]) -> bool:
    """Return whether no command was refused."""
    return all(outcome.refusal is Refusal.NONE for outcome in outcomes)


def _outcome(outcome: Outcome) -> str:
    done = "obeyed" if outcome.refusal is Refusal.NONE else f"NOT OBEYED, {_WHY[outcome.refusal]}"
    last = (
        "nothing of it was published"
        if outcome.last_seq is None
        else f"nothing above seq {outcome.last_seq} was published (epoch {outcome.epoch.hex()})"
    )
    return f"{outcome.stream}: {outcome.order.name.lower()} {done}; it {_STATES[outcome.state]}; {last}"


def _time(utc_ms: int) -> str:
    try:
        return dt.datetime.fromtimestamp(utc_ms / _MS, tz=dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError):
        return f"{utc_ms} ms since 1970"
