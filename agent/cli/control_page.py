"""What `lamppost control` prints: what a document comes to, and what stands for each stream.

In: decisions and control states. Out: lines. Never: a text of others that could disturb a terminal.
"""

from collections.abc import Sequence

from agent.control.record import ControlState
from agent.control.rules import Decision
from agent.control.standing import Standing
from agent.tomlfile.problem import printable


def print_decision(decision: Decision) -> None:
    """Print what becomes of a document, command by command."""
    control = decision.document.control
    print(f"  version {control.version}, order {printable(control.reference)}, role {decision.document.role.value}")
    for result in decision.results:
        stream = "every stream, those to come included" if result.stream is None else f"stream {result.stream}"
        refusal = f": not obeyed, {result.refusal.name.lower().replace('_', ' ')}" if result.refusal else ""
        print(f"  {result.order.name.lower()} {stream}{refusal}")


def print_state(state: ControlState, *, unit: str, streams: Sequence[str], keys: int) -> None:
    """Print what stands for each stream.

    Args:
        state: the control state.
        unit: the unit's id.
        streams: the configured ones.
        keys: how many keys the city has here.
    """
    print(f"unit {unit}")
    if state.lost:
        print(f"EVERY STREAM IS SUSPENDED: {state.lost}")
        return
    print(f"highest version taken: {state.version or 'none'}")
    for stream, order in state.orders(streams).items():
        print(f"  {stream}: {order.name.lower()}{_by(state.of(stream).decisive)}")
    if state.everywhere.decisive is not None:
        print(f"  streams to come: {state.everywhere.state.name.lower()}{_by(state.everywhere.decisive)}")
    for stream, until_ms in state.purges.items():
        print(f"  {stream}: to be purged" + ("" if until_ms is None else f" up to {until_ms} ms since 1970"))
    if state.last is not None and not state.last.done:
        print("the last document is on the medium, and waits for the agent to carry it out")
    if not keys:
        print("no keys in [control]: nothing can be ordered from afar")


def _by(word: Standing | None) -> str:
    if word is None:
        return ""
    version = f", version {word.version}" if word.version else ""
    return f" by {word.role.value}, order {printable(word.reference)}{version}"
