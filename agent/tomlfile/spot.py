"""One value of a file beside the type its model wants: the checks that need no other value.

In: a `Spot`. Out: the value as the model has it, or `INVALID` after it was reported. Never: tables and lists.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from msgspec import inspect as model

from agent.tomlfile.document import Document
from agent.tomlfile.problem import Report, quoted
from agent.tomlfile.quantities import BadQuantity, Quantity
from agent.tomlfile.scan import Path
from agent.tomlfile.suggest import did_you_mean
from agent.tomlfile.words import noun, repair, shape, subject, words

_LARGEST: Final = Decimal(10) ** 18


class Invalid:
    """Stands for a value that was reported."""


INVALID: Final = Invalid()


@dataclass(frozen=True, slots=True)
class Spot:
    """A value, its place, and what its model says about it besides the type."""

    document: Document
    report: Report
    path: Path
    value: Any
    extra: Mapping[str, Any]

    def problem(
        self, code: str, message: str, *, expected: str, found: str | None = None, hint: str | None = None
    ) -> Invalid:
        """Report a mistake; the message begins with the name of the value."""
        self.report.add(
            self.document.problem(
                self.path,
                code=code,
                message=f"{subject(self.path)} {message}",
                at_value=True,
                expected=expected,
                found=shape(self.value) if found is None else found,
                hint=hint,
            )
        )
        return INVALID

    def wrong_type(self, kind: model.Type) -> Invalid:
        """Report that this is another kind of value."""
        return self.problem(
            "wrong-type",
            f"must be {noun(kind)}",
            expected=words(kind, self.extra),
            hint=repair(self.value, kind),
        )

    def out_of_range(self, kind: model.Type) -> Invalid:
        """Report that the value is too small or too large."""
        return self.problem("out-of-range", "is out of range", expected=words(kind, self.extra))


def text(spot: Spot, kind: model.StrType) -> object:
    """Return a text that has the model's pattern and length."""
    value = spot.value
    if not isinstance(value, str):
        return spot.wrong_type(kind)
    if kind.min_length and not value.strip():
        return spot.problem("empty", "is empty", expected=words(kind, spot.extra))
    if kind.max_length is not None and len(value) > kind.max_length:
        expected = f"at most {kind.max_length} characters"
        return spot.problem("too-long", "is too long", expected=expected, found=f"{len(value)} characters")
    if kind.pattern is not None and not matches(kind.pattern, value):
        code = str(spot.extra.get("code", "wrong-value"))
        hint = propose_name(value, kind.pattern)
        return spot.problem(code, f"cannot be {quoted(value)}", expected=words(kind, spot.extra), hint=hint)
    return value


def matches(pattern: str, value: str) -> bool:
    """Return whether the whole of `value` is as `pattern` says; a model's patterns begin with ^ and end with $."""
    return re.fullmatch(pattern.removeprefix("^").removesuffix("$"), value) is not None


def propose_name(wrong: str, pattern: str) -> str | None:
    """Return the sentence that proposes `wrong` in lower case with hyphens, None when that does not fit either."""
    proposal = re.sub(r"[^a-z0-9]+", "-", wrong.lower()).strip("-")
    return f'did you mean "{proposal}"?' if matches(pattern, proposal) else None


def moment(spot: Spot, kind: model.DateTimeType) -> object:
    """Return a date with a time."""
    return spot.value if isinstance(spot.value, dt.datetime) else spot.wrong_type(kind)


def day(spot: Spot, kind: model.DateType) -> object:
    """Return a date without a time."""
    fits = isinstance(spot.value, dt.date) and not isinstance(spot.value, dt.datetime)
    return spot.value if fits else spot.wrong_type(kind)


def integer(spot: Spot, kind: model.IntType) -> object:
    """Return a whole number inside the model's bounds."""
    value = spot.value
    if isinstance(value, bool) or not isinstance(value, int):
        return spot.wrong_type(kind)
    too_small = kind.ge is not None and value < kind.ge
    too_large = abs(value) > _LARGEST or (kind.le is not None and value > kind.le)
    return spot.out_of_range(kind) if too_small or too_large else value


def number(spot: Spot, kind: model.DecimalType | model.FloatType) -> object:
    """Return a number, exact where the model wants it exact; infinite, huge and minute ones are refused."""
    value = spot.value
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return spot.wrong_type(kind)
    exact = Decimal(value)
    if not exact.is_finite() or abs(exact) > _LARGEST or (exact != 0 and abs(exact) < 1 / _LARGEST):
        return spot.problem("out-of-range", "is no usable number", expected="an ordinary number")
    return float(exact) if isinstance(kind, model.FloatType) else exact


def truth(spot: Spot, kind: model.BoolType) -> object:
    """Return true or false."""
    return spot.value if isinstance(spot.value, bool) else spot.wrong_type(kind)


def choice(spot: Spot, kind: model.LiteralType | model.EnumType) -> object:
    """Return one of the words that the model lists."""
    values = kind.values if isinstance(kind, model.LiteralType) else [entry.value for entry in kind.cls]
    allowed = [str(value) for value in values]
    if not isinstance(spot.value, str):
        return spot.problem("wrong-type", "must be one of a few words", expected=words(kind, spot.extra))
    if spot.value in allowed:
        return spot.value
    code = str(spot.extra.get("code", "wrong-value"))
    hint = did_you_mean(spot.value, allowed)
    return spot.problem(code, f"cannot be {quoted(spot.value)}", expected=words(kind, spot.extra), hint=hint)


def quantity(spot: Spot, kind: model.CustomType) -> object:
    """Return a duration, size or distance inside the model's bounds."""
    if not issubclass(kind.cls, Quantity):
        raise TypeError(f"a model for TOML cannot have {kind}")
    if not isinstance(spot.value, str):
        return spot.wrong_type(kind)
    try:
        value = kind.cls.parse(spot.value)
    except BadQuantity as error:
        what = kind.cls.__name__.lower()
        return spot.problem(f"bad-{what}", f"is no {what}", expected=words(kind, spot.extra), hint=error.hint)
    low, high = spot.extra.get("minimum"), spot.extra.get("maximum")
    if (low is not None and value < low) or (high is not None and value > high):
        return spot.out_of_range(kind)
    return value
