"""The datasets that a city may list: each stream of each unit, as it was declared last.

In: versions of declarations. Out: one value per dataset, and the texts and addresses that catalogues share. Never: a
place where the data of a stream is found that is not public.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from agent.wire.declared import DeclarationContent, DeclaredStream
from receiver.declared import Version

PUBLIC: Final = "public"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS_PER_S: Final = 1000
_UNITS_MS: Final = (("H", 3_600_000), ("M", 60_000))
_DAY_MS: Final = 86_400_000
_WORDS_MS: Final = (("day", _DAY_MS), ("hour", 3_600_000), ("minute", 60_000), ("second", 1000), ("millisecond", 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """One stream of one unit.

    Attributes:
        content: the unit's last declaration.
        stream: the stream in it.
        hash: of the declaration.
        declared_ms: when that declaration came first.
        first_ms, last_ms: start of the first and end of the last dated window of the stream that is stored, whatever
            declaration it fell under; None without one.
    """

    content: DeclarationContent
    stream: DeclaredStream
    hash: bytes
    declared_ms: int
    first_ms: int | None
    last_ms: int | None

    @property
    def identifier(self) -> str:
        """What names the dataset as long as unit and stream keep their names."""
        return f"{self.content.unit}/{self.stream.name}"

    @property
    def title(self) -> str:
        """The stream's title and where it is measured."""
        simulated = " (simulated)" if self.content.simulated else ""
        return f"{self.stream.title}, {self.content.site or self.content.unit}{simulated}"

    @property
    def is_public(self) -> bool:
        """Whether everybody may have the data."""
        return self.stream.access == PUBLIC

    @property
    def data_path(self) -> str:
        """Where the table is, below the catalogue's folder."""
        return f"{self.identifier}.csv"

    @property
    def schema_path(self) -> str:
        """Where the data dictionary is, below the catalogue's folder."""
        return f"{self.identifier}.schema.json"


def datasets(versions: Iterable[Version], *, stream: str | None = None) -> list[Dataset]:
    """Return every stream of the last declaration of every unit, or those of one name."""
    known = list(versions)
    found = []
    for version in known:
        if not version.current or version.content is None or version.received_ms is None:
            continue
        for declared in version.content.streams:
            if stream in {None, declared.name}:
                first_ms, last_ms = _extent(known, version.unit, declared.name)
                found.append(
                    Dataset(
                        content=version.content,
                        stream=declared,
                        hash=version.hash,
                        declared_ms=version.received_ms,
                        first_ms=first_ms,
                        last_ms=last_ms,
                    )
                )
    return found


def instant(at_ms: int) -> str:
    """Return a time as ISO 8601 in UTC, to the second."""
    return f"{_EPOCH + timedelta(seconds=at_ms // _MS_PER_S):%Y-%m-%dT%H:%M:%SZ}"


def duration(length_ms: int) -> str:
    """Return a length of time as ISO 8601: ``PT15M``, ``P1D``, ``PT1.5S``."""
    days, rest = divmod(length_ms, _DAY_MS)
    text = f"P{days}D" if days else "P"
    if rest or not days:
        text += "T"
    for letter, unit_ms in _UNITS_MS:
        count, rest = divmod(rest, unit_ms)
        text += f"{count}{letter}" if count else ""
    if rest or text.endswith("T"):
        text += f"{rest // _MS_PER_S}" + (f".{rest % _MS_PER_S:03}".rstrip("0") if rest % _MS_PER_S else "") + "S"
    return text


def length(length_ms: int) -> str:
    """Return a length of time in words: ``minute``, ``15 minutes``."""
    name, unit_ms = next((name, unit_ms) for name, unit_ms in _WORDS_MS if length_ms % unit_ms == 0)
    count = length_ms // unit_ms
    return name if count == 1 else f"{count} {name}s"


def _extent(versions: Iterable[Version], unit: str, stream: str) -> tuple[int | None, int | None]:
    rows = [version.rows[stream] for version in versions if version.unit == unit and stream in version.rows]
    starts = [counted.first_ms for counted in rows if counted.first_ms is not None]
    ends = [counted.last_ms for counted in rows if counted.last_ms is not None]
    return min(starts, default=None), max(ends, default=None)
