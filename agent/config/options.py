"""The options of one sensor: keys and types come from its model.

In: a sensor's table and its model. Out: an instance of the model's options, or problems. Never: a default of ours.
"""

import re
from typing import Any

import msgspec

from agent.tomlfile import Table, check_table
from drivers.model import Model


def check_options(table: Table, model: Model) -> object | None:
    """Return the options, None after reporting that they are wrong."""
    path = (*table.path, "options")
    written = dict(table.table("options").values)
    before = len(table.report.problems)
    checked = check_table(table.document, model.options, path=path, values=written, report=table.report)
    if len(table.report.problems) > before or ("options" in table.written and "options" not in table.values):
        return None
    try:
        return _build(model.options, checked.plain())
    except ValueError as error:  # msgspec's ValidationError is one; drivers raise it for ranges of their own
        text = str(error)
        keys = [key for key in written if re.search(rf"\b{re.escape(key)}\b", text)]
        checked.problem(
            keys[0] if keys else None,
            "bad-option",
            f"a {model.name} cannot have these options: {text}",
            expected="values that the model takes",
            hint="the model's options are in docs/configuring.md",
        )
        return None


def _build(kind: type[Any], values: dict[str, Any]) -> object:
    if any(isinstance(value, str | dict | tuple) for value in values.values()):
        return msgspec.convert(values, kind)  # turns words into the model's enumerations, tables into its dataclasses
    return kind(**values)
