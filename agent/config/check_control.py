"""Rules about who may order something.

In: the file's `[control]`. Out: problems. Never: a key file that is opened; the check can be made in the office.
"""

from agent.config.check_uplink import check_key
from agent.tomlfile import Severity, Table, quoted


def check_control(control: Table) -> None:
    """Report what is wrong with `[control]`."""
    entries = [entry for entry in control.get("keys", tuple) or () if isinstance(entry, Table)]
    for entry in entries:
        key = entry.text("key")
        if key is not None:
            check_key(entry, "key", key)
    _check_twice(entries)
    _check_roles(control, entries)


def _check_twice(entries: list[Table]) -> None:
    seen: set[str] = set()
    for entry in entries:
        key = entry.text("key")
        if key is not None and key in seen:
            entry.problem(
                "key",
                "duplicate-key",
                "this key stands in an earlier entry of [control] keys",
                expected="each key once, with one role",
            )
        seen |= set() if key is None else {key}


def _check_roles(control: Table, entries: list[Table]) -> None:
    roles = [entry.text("role") if entry.text("key") else None for entry in entries]
    if roles and set(roles) == {"ops"}:
        control.problem(
            "keys",
            "no-privacy-key",
            "no key here may suspend a stream or purge it",
            expected=f"a key with role {quoted('privacy')} besides",
            found=f"only keys with role {quoted('ops')}",
            severity=Severity.WARNING,
        )
