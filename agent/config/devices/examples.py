"""Runs the examples of a device file: the real driver must make of the exchange what the example says.

In: the file's examples, forms and channels. Out: problems. Never: a device that was not proven on one.
"""

from collections.abc import Callable, Mapping, Sequence

from agent.config.devices.guesses import better, nearer, places, stretch
from agent.config.devices.outcomes import Hint, compare
from agent.config.devices.stage import Said, Unfit, Unlike
from agent.config.devices.telegrams import BadTelegram, contents
from agent.config.devices.values import content
from agent.tomlfile import Table, quoted
from drivers.declared.registers import Contents, ModbusForm, RegisterChannel, sampled
from drivers.declared.registers import Table as Registers
from drivers.errors import DriverError
from drivers.reading import Channel, Reading, Value

Run = Callable[[Sequence[Said]], Reading]


def check_examples(root: Table, channels: Sequence[Channel], run: Run, *, text: bool) -> None:
    """Report every example of a serial device or a chip that does not come out as it says.

    Args:
        root: the file.
        channels: of the device.
        run: returns what the driver makes of an exchange.
        text: whether an identifier is written as text; else it is in hexadecimal.
    """
    for example in _examples(root):
        exchange = _exchange(example)
        if exchange is not None:
            values = _played(example, exchange, run)
            if values is not None:
                compare(example, channels, values, text=text)


def check_telegrams(root: Table, channels: Sequence[Channel], form: ModbusForm) -> None:
    """Report every example of a Modbus device that does not come out as it says.

    A maker's example seldom reads what we read together, so the registers that its answers fill are looked at, and
    the channels that lie in them.
    """
    for example in _examples(root):
        exchange = _exchange(example)
        registers = None if exchange is None else _registers(example, exchange)
        if registers is not None:
            values = sampled(form.channels, registers).values
            told = [channel for channel in channels if channel.name in values]
            if told:
                compare(example, told, values, hint=_guesser(form.channels, registers))
            else:
                example.problem(
                    None,
                    "example-differs",
                    "no channel is in the registers of this example",
                    expected=f"an example that reads at least one channel: {places(form.channels)}",
                    found=f"registers: {stretch(registers)}",
                    hint=nearer(form.channels, registers),
                )


def _guesser(channels: Sequence[RegisterChannel], registers: Contents) -> Hint:
    """Return what tells of a channel what would give the value that an example has."""
    by_name = {channel.name: channel for channel in channels}
    return lambda name, wanted: better(by_name[name], registers, wanted)


def _examples(root: Table) -> tuple[Table, ...]:
    return root.get("example", tuple) or ()


def _exchange(example: Table) -> list[Said] | None:
    tables: tuple[Table, ...] = example.get("exchange", tuple) or ()
    before = len(example.report.errors())
    found = [Said(sent=content(table, "sent"), received=content(table, "received")) for table in tables]
    return None if not found or len(example.report.errors()) > before else found


def _played(example: Table, exchange: Sequence[Said], run: Run) -> Mapping[str, Value] | None:
    try:
        return run(exchange).values
    except Unlike as other:
        _unlike(example, exchange, other)
    except Unfit as unfit:
        example.problem(
            None,
            "example-fails",
            "what is received in this example is not what the sections say, so no sample comes of it",
            expected=unfit.reason.expected,
            found=unfit.reason.found,
            hint=unfit.reason.hint,
        )
    except DriverError as error:
        example.problem(
            None,
            "example-fails",
            f"no sample comes of this example: {error}",
            expected="what is received to be as the sections say",
        )
    return None


def _unlike(example: Table, exchange: Sequence[Said], other: Unlike) -> None:
    tables: tuple[Table, ...] = example.get("exchange", tuple) or ()
    place = tables[other.index] if other.index < len(tables) else example
    place.problem(
        None,
        "example-differs",
        "by its own sections, the device is asked for something else here",
        expected=other.expected,
        found=_said(exchange[other.index]) if other.index < len(exchange) else "no exchange any more",
    )


def _said(said: Said) -> str:
    """Return an exchange in words."""
    sent = "nothing sent" if said.sent is None else f'sent = "{said.sent.hex(" ").upper()}"'
    return sent if said.received is None else f"{sent}, received = {len(said.received)} bytes"


def _registers(example: Table, exchange: Sequence[Said]) -> Contents | None:
    found: dict[tuple[Registers, int], int] = {}
    tables: tuple[Table, ...] = example.get("exchange", tuple) or ()
    for table, said in zip(tables, exchange, strict=True):
        try:
            found |= contents(said.sent or b"", said.received or b"")
        except BadTelegram as bad:
            table.problem(
                bad.key if bad.key in table.written else None,
                "bad-telegram",
                str(bad),
                expected=bad.expected,
                found=quoted(table.text(bad.key) or ""),
            )
            return None
    return found
