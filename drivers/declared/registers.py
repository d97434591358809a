"""The driver of declared Modbus devices: neighbouring registers in one request, each channel out of its own.

In: a slave of a Modbus line and a form. Out: readings. Never: a write.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from drivers.declared.fields import Field
from drivers.declared.samples import Sample
from drivers.declared.scaling import Scaling
from drivers.declared.wire import Settling
from drivers.modbus import frames
from drivers.modbus.device import ModbusDevice
from drivers.modbus.frames import Function, Request
from drivers.reading import Clock, Reading, Value


class Table(StrEnum):
    """The four tables of a Modbus device."""

    COIL = "coil"
    DISCRETE = "discrete"
    HOLDING = "holding"
    INPUT = "input"

    @property
    def of_bits(self) -> bool:
        """Whether it holds bits, not registers."""
        return self in {Table.COIL, Table.DISCRETE}

    @property
    def function(self) -> Function:
        """The function that reads it."""
        return _FUNCTIONS[self]


_FUNCTIONS: Final = {
    Table.COIL: Function.READ_COILS,
    Table.DISCRETE: Function.READ_DISCRETE_INPUTS,
    Table.HOLDING: Function.READ_HOLDING,
    Table.INPUT: Function.READ_INPUT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterChannel:
    """A channel in a table.

    Attributes:
        name: of the channel.
        table: where it is.
        address: of its first register, or of its bit, as it is on the wire: from 0.
        field: how its number stands in the bytes of its registers; None in a table of bits.
        scaling: from the number to the channel's integers.
    """

    name: str
    table: Table
    address: int
    field: Field | None
    scaling: Scaling

    @property
    def count(self) -> int:
        """Registers, or bits, that it takes."""
        return 1 if self.field is None else (self.field.kind.length + 1) // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What one request reads."""

    table: Table
    address: int
    count: int


def spans(channels: Iterable[RegisterChannel], *, gap: int, most: int) -> tuple[Span, ...]:
    """Return the requests that read all channels, as few as can be.

    Args:
        channels: what is wanted.
        gap: registers that nobody wants and that may be read along, so that two channels come in one request.
        most: registers that one request may read.
    """
    found: list[Span] = []
    for channel in sorted(channels, key=lambda channel: (channel.table, channel.address)):
        end = channel.address + channel.count
        last = found[-1] if found else None
        if last is not None and last.table is channel.table and channel.address - last.address - last.count <= gap:
            joined = max(end, last.address + last.count) - last.address
            if joined <= most:
                found[-1] = Span(table=last.table, address=last.address, count=joined)
                continue
        found.append(Span(table=channel.table, address=channel.address, count=channel.count))
    return tuple(found)


Contents = Mapping[tuple[Table, int], int]
"""Table and address to register or bit."""


def sampled(channels: Iterable[RegisterChannel], contents: Contents) -> Sample:
    """Return the sample of those channels whose registers are all there; the others are left out."""
    values: dict[str, Value] = {}
    ticks: dict[str, int] = {}
    for channel in channels:
        places = [(channel.table, channel.address + offset) for offset in range(channel.count)]
        if not all(place in contents for place in places):
            continue
        words = [contents[place] for place in places]
        data = b"".join(word.to_bytes(2, "big") for word in words)
        raw = words[0] if channel.field is None else channel.field.read(data)
        values[channel.name] = channel.scaling.value(raw)
        if isinstance(raw, int):
            ticks[channel.name] = raw
    return Sample(values=values, raw=ticks)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModbusForm:
    """A Modbus device.

    Attributes:
        channels: what to read.
        spans: the requests that read them.
        settle_s: seconds after opening in which it has no values.
    """

    channels: tuple[RegisterChannel, ...]
    spans: tuple[Span, ...]
    settle_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ModbusMaker:
    """Makes drivers of one declared model."""

    form: ModbusForm

    def requests(self, slave: int) -> tuple[Request, ...]:
        """Return what one sample asks for."""
        return tuple(
            frames.read(span.table.function, slave, address=span.address, count=span.count)
            for span in self.form.spans
        )

    def __call__(self, device: ModbusDevice, clock: Clock, _options: Any) -> "DeclaredModbus":  # noqa: ANN401 - none
        """Return a new driver."""
        return DeclaredModbus(device, clock, self.form)


class DeclaredModbus:
    """One Modbus device."""

    def __init__(self, device: ModbusDevice, clock: Clock, form: ModbusForm) -> None:
        self._device = device
        self._clock = clock
        self._form = form
        self._settling = Settling(clock, form.settle_s)

    async def open(self) -> None:
        """See that the device answers: read the first of its spans."""
        await self._read(self._form.spans[0])
        self._settling.begin()

    async def sample(self) -> Reading:
        """Return the reading of all channels, one request right behind the other.

        Raises:
            SlaveSilent: no answer.
            AnswerDamaged: an answer that is not whole.
            SlaveRefused: the device has no such registers.
        """
        contents: dict[tuple[Table, int], int] = {}
        for span in self._form.spans:
            contents |= self._placed(span, await self._read(span))
        mono_ns = self._clock.mono_ns()
        return self._settling.reading(mono_ns, sampled(self._form.channels, contents))

    async def close(self) -> None:
        """Do nothing: a slave is asked, or it is not."""

    def _placed(self, span: Span, words: Sequence[int]) -> Contents:
        return {(span.table, span.address + offset): word for offset, word in enumerate(words)}

    async def _read(self, span: Span) -> list[int]:
        match span.table:
            case Table.COIL:
                return await self._device.read_coils(span.address, span.count)
            case Table.DISCRETE:
                return await self._device.read_discrete_inputs(span.address, span.count)
            case Table.HOLDING:
                return await self._device.read_holding(span.address, span.count)
            case Table.INPUT:
                return await self._device.read_input(span.address, span.count)
