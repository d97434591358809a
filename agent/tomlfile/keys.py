"""Which keys a table takes, where one of them decides that: those of a bus depend on its `kind`.

In: the model of a table, and what the table says. Out: what to say of a key that it does not take. Never: a report.

The key that decides carries ``msgspec.Meta(extra={"keys": ...})``: for each of its values the names of the keys that
are taken with it. Keys that stand under no value are taken with each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import inspect as model

from agent.tomlfile.problem import quoted
from agent.tomlfile.suggest import did_you_mean, either, listing, nearest
from agent.tomlfile.words import unwrap


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one table.

    Attributes:
        names: every key of its model.
        decides: the key that the others depend on, None where they depend on nothing.
        choices: for each value of that key, the keys that are taken with it.
        chosen: the value that it has in this table, None if it is not there or none of them.
    """

    names: Sequence[str]
    decides: str | None
    choices: Mapping[str, Sequence[str]]
    chosen: str | None

    @property
    def taken(self) -> Sequence[str]:
        """Those that this table takes; every key of the model where nothing is chosen."""
        if self.chosen is None:
            return self.names
        dependent = {key for keys in self.choices.values() for key in keys}
        return [key for key in self.names if key not in dependent or key in self.choices[self.chosen]]

    def whose(self) -> str:
        """Return whose keys they are, as a message puts it behind the table; nothing where nothing is chosen."""
        return "" if self.chosen is None else f", of {self.decides} {quoted(self.chosen)},"

    def expected(self) -> str:
        """Return what may stand there."""
        if not self.names:
            return "no key at all"
        undecided = self.decides is not None and self.chosen is None
        return f"one of {listing(self.taken)}" + (f"; which of them depends on {self.decides}" if undecided else "")

    def meant(self, wrong: str) -> str | None:
        """Return the key of this table that `wrong` was probably meant to be."""
        return nearest(wrong, self.taken)

    def hint(self, wrong: str) -> str | None:
        """Return the sentence that proposes a key: one that is taken if any is near, else one of another choice."""
        if self.chosen is None or self.meant(wrong) is not None:
            return did_you_mean(wrong, self.taken)
        other = nearest(wrong, self.names)
        if other is None:
            return None
        owners = either(quoted(value) for value, keys in self.choices.items() if other in keys)
        return (
            f"did you mean {quoted(other)}? that is a key of {self.decides} {owners}; "
            f"here {self.decides} is {quoted(self.chosen)}"
        )


def keys_of(described: model.StructType | model.DataclassType, values: Mapping[str, Any]) -> Keys:
    """Return the keys of a table that says `values`."""
    names = [entry.encode_name for entry in described.fields]
    for entry in described.fields:
        choices = unwrap(entry.type)[1].get("keys")
        if choices is not None:
            written = values.get(entry.encode_name)
            chosen = written if isinstance(written, str) and written in choices else None
            return Keys(names, entry.encode_name, choices, chosen)
    return Keys(names, None, {}, None)
