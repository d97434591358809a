"""What must hold for a sample to be believed, in bytes.

In: tables under `require`. Out: requirements, or problems. Never: requirements of lines; those are texts.
"""

from agent.config.devices.fields import check_reach, field_of
from agent.tomlfile import Table
from drivers.declared.samples import Requirement


def requirements(section: Table, length: int | None, *, what: str) -> tuple[Requirement, ...]:
    """Return the requirements that are right."""
    tables: tuple[Table, ...] = section.get("require", tuple) or ()
    found: list[Requirement] = []
    for table in tables:
        field, allowed = field_of(table), table.get("is", tuple)
        if field is None or allowed is None or not check_reach(table, field, length, what=what):
            continue
        if field.kind.floating:
            table.problem("type", "wrong-value", "a requirement is about a whole number", expected='"u8", "u16", ...')
            continue
        otherwise = table.text("otherwise") or "a requirement of its file does not hold"
        found.append(Requirement(field=field, allowed=allowed, otherwise=otherwise))
    return tuple(found)
