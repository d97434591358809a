"""What `lamppost status` says about bytes: on the wire with a forecast, what waits and why, and on the flash.

In: the status file. Out: lines. Never: decides whether something is wrong.
"""

from collections.abc import Iterator
from typing import Any, Final

from agent.cli import explain_words as words
from agent.planning.flash import Card

_DAY_S: Final = 86_400
_LONG_DAYS: Final = 365.25
_CENTURY: Final = 100
_ENDLESS: Final = "period"


def spending_lines(known: dict[str, Any]) -> Iterator[str]:
    """Yield the lines; a status of an older version has none."""
    if known.get("budget"):
        yield f"wire: {_spent(known['budget'])}"
    yield from _waiting(known)
    if known.get("flash"):
        yield f"flash: {_written(known['flash'])}"


def _spent(budget: dict[str, Any]) -> str:
    day = _period("today", budget["day_bytes"], budget["day_cap"], budget["day_forecast"], "by midnight")
    left_s = budget["month_left_s"]
    end = "by the end of the billing month" + ("" if left_s is None else f" in {left_s / _DAY_S:.0f} days")
    month = _period("this month", budget["month_bytes"], budget["month_cap"], budget["month_forecast"], end)
    return f"{day}; {month}"


def _period(name: str, spent: int, cap: int | None, forecast: int | None, end: str) -> str:
    bound = "" if cap is None else f" of {words.size(cap)}"
    if forecast is None:
        return f"{words.size(spent)}{bound} {name}"
    verdict = "" if cap is None else ", TOO MUCH" if forecast > cap else ", within the budget"
    return f"{words.size(spent)}{bound} {name}, at this pace {words.size(forecast)} {end}{verdict}"


def _waiting(known: dict[str, Any]) -> Iterator[str]:
    """Yield what waits, lane by lane, each with the reason."""
    outbox, uplink = known["outbox"] or {}, known["uplink"] or {}
    reasons = (known.get("budget") or {}).get("lanes", {})
    for lane, envelopes in outbox.get("lanes", ()):
        if envelopes:
            yield f"{lane}: {envelopes} messages wait: {_reason(lane, uplink, reasons)}"
    rows = outbox.get("rows_waiting", 0)
    if rows:
        yield f"rows: {rows} wait to be sealed: {_unsealed(uplink, reasons)}"


def _reason(lane: str, uplink: dict[str, Any], reasons: dict[str, Any]) -> str:
    if not uplink.get("connected"):
        return "no connection"
    return _budget(reasons.get(lane, 0)) or "sent or about to be; for the city's receipt"


def _unsealed(uplink: dict[str, Any], reasons: dict[str, Any]) -> str:
    if not uplink.get("connected"):
        return "no connection"
    return _budget(reasons.get("live", 0)) or "for the rest of their batch, a delay, or their turn"


def _budget(wait: float | str) -> str:
    """Return why the budget keeps something back, empty if it does not."""
    if wait == _ENDLESS:
        return "the budget keeps what is left of this period for the lanes before it"
    return f"the budget's rate, {wait:g} s" if wait else ""


def _written(flash: dict[str, Any]) -> str:
    about = "" if flash["counted"] else "about "
    parts = [f"{about}{words.size(flash['day_bytes'])} written today"]
    if flash["daily_limit"] is not None:
        parts[0] += f" of {words.size(flash['daily_limit'])} allowed"
    if flash["bytes_a_row"] is not None:
        parts.append(f"{flash['bytes_a_row']:,} bytes a row")
    if flash["bytes_a_day"]:
        card = Card()
        years = card.years(flash["bytes_a_day"])
        life = f"more than {_CENTURY} years" if years > _CENTURY else f"about {years:.1f} years"
        parts.append(
            f"{words.size(flash['bytes_a_day'])} a day: a card of {words.size(card.size_bytes)} lasts {life} "
            "(lamppost plan says how that is reckoned)"
        )
    return ", ".join(parts)
