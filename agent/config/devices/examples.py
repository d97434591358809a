"""Runs the examples of a device file: the real driver must make of the exchange what the example says.

In: the file's examples, forms and channels. Out: problems. Never: a device that was not proven on one.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from agent.config.devices.stage import Said, Unlike
from agent.config.devices.telegrams import BadTelegram, contents
from agent.config.devices.values import content
from agent.tomlfile import Table, did_you_mean, listing, quoted
from drivers.declared.registers import Contents, ModbusForm, sampled
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
                _compare(example, channels, values, text=text)


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
                _compare(example, told, values, text=False)
            else:
                example.problem(
                    None,
                    "example-differs",
                    "no channel is in the registers of this example",
                    expected="an example that reads at least one channel",
                )


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
        tables: tuple[Table, ...] = example.get("exchange", tuple) or ()
        place = tables[other.index] if other.index < len(tables) else example
        place.problem(
            None,
            "example-differs",
            "by its own sections, the device is asked for something else here",
            expected=other.expected,
            found="another exchange" if other.index < len(tables) else "no exchange any more",
        )
    except DriverError as error:
        example.problem(
            None,
            "example-fails",
            f"no sample comes of this example: {error}",
            expected="what is received to be as the sections say",
        )
    return None


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


def _compare(example: Table, channels: Sequence[Channel], values: Mapping[str, Value], *, text: bool) -> None:
    expected, absent = example.table("values"), example.get("not_available", tuple) or ()
    names = [channel.name for channel in channels]
    for index, name in enumerate(absent):
        _check_name(example, ("not_available", index), str(name), names)
    for name in expected.values:
        _check_name(expected, name, name, names)
    for channel in channels:
        found = values.get(channel.name)
        if channel.name in expected.values:
            _check_value(expected, channel, found, text=text)
        elif channel.name in absent and found is not None:
            _differs(
                example, "not_available", channel, expected="no value", found=_written(channel, found, text=text)
            )
        elif channel.name not in absent:
            example.problem(
                None,
                "example-incomplete",
                f"this example does not say what comes of channel {quoted(channel.name)}",
                expected=f"{channel.name} = the value, in [example.values], or its name in not_available",
                found="nothing",
            )


def _check_name(table: Table, key: str | tuple[str, int], name: str, names: Sequence[str]) -> None:
    if name not in names:
        table.problem(
            key,
            "unknown-channel",
            f"this example has no channel {quoted(name)}",
            expected=f"one of {listing(names)}",
            found=quoted(name),
            hint=did_you_mean(name, names),
        )


def _check_value(expected: Table, channel: Channel, found: Value, *, text: bool) -> None:
    told = expected.values[channel.name]
    if isinstance(found, bytes) or channel.unit == "":
        right = isinstance(told, str) and found == _identifier(told, text=text)
    else:
        number = Decimal(told) if isinstance(told, int | Decimal) and not isinstance(told, bool) else None
        right = number is not None and found is not None and number.scaleb(-channel.exponent) == found
    if not right:
        _differs(expected, channel.name, channel, expected=_written(channel, found, text=text), found=quoted(told))
    elif isinstance(found, int) and not channel.minimum <= found <= channel.maximum:
        expected.problem(
            channel.name,
            "example-out-of-range",
            "this value lies outside the channel's range",
            expected="a range that holds it, or another scale",
            found=quoted(told),
        )


def _differs(table: Table, key: str, channel: Channel, *, expected: str, found: str) -> None:
    table.problem(
        key,
        "example-differs",
        f"by the file's own sections, channel {quoted(channel.name)} comes out otherwise in this example",
        expected=expected,
        found=found,
        hint="check offset, type, order, scale and exponent; or the example",
    )


def _identifier(told: str, *, text: bool) -> bytes | None:
    if text:
        return told.encode()
    try:
        return bytes.fromhex(told)
    except ValueError:
        return None


def _written(channel: Channel, value: Value, *, text: bool) -> str:
    if value is None:
        return "no value: its name in not_available"
    if isinstance(value, bytes):
        return quoted(value.decode(errors="replace") if text else value.hex(" ").upper())
    return f"{Decimal(value).scaleb(channel.exponent):f}"
