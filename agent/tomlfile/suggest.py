"""Did-you-mean: the nearest of the names that are there."""

import difflib
from collections.abc import Iterable

_SIMILAR = 0.6
_LISTED = 12


def nearest(wrong: str, names: Iterable[str]) -> str | None:
    """Return the name that `wrong` was probably meant to be, None when nothing is near."""
    by_lower = {name.lower(): name for name in names}
    found = difflib.get_close_matches(wrong.lower(), by_lower, n=1, cutoff=_SIMILAR)
    return by_lower[found[0]] if found else None


def did_you_mean(wrong: str, names: Iterable[str]) -> str | None:
    """Return the sentence that proposes the nearest name, None when nothing is near."""
    name = nearest(wrong, names)
    return None if name is None else f'did you mean "{name}"?'


def either(parts: Iterable[str]) -> str:
    """Return the parts as a choice, such as "a, b or c"."""
    *first, last = parts
    return f"{', '.join(first)} or {last}" if first else last


def listing(names: Iterable[str]) -> str:
    """Return the names for a message: sorted, shortened when there are many, and words for none at all."""
    ordered = sorted(names)
    if not ordered:
        return "nothing (there are none)"
    shown = ", ".join(ordered[:_LISTED])
    rest = len(ordered) - _LISTED
    return f"{shown} and {rest} more" if rest > 0 else shown
