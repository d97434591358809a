"""Chips on I2C: transactions, identification, checksums, fields of what was read.

In: the file's tables. Out: a form for the driver, or problems. Never: a transaction.
"""

from agent.config.devices.channel import describe
from agent.config.devices.checksums import check_of
from agent.config.devices.fields import check_reach, field_of
from agent.config.devices.requirements import requirements
from agent.tomlfile import Duration, Table, quoted
from drivers.declared.fields import Kind
from drivers.declared.i2c import I2cForm, Identity, Transaction, Until, WordCheck
from drivers.declared.samples import Number
from drivers.reading import Channel


def check_i2c(root: Table, *, name: str, settle_s: float) -> tuple[I2cForm, tuple[Channel, ...]] | None:
    """Return the form and its channels, None after something was reported."""
    before = len(root.report.errors())
    section = root.table("i2c")
    words = _words(section)
    setup, measure, goodbye = (_transactions(section, key, words) for key in ("open", "measure", "close"))
    length = sum(_length(step, words) for step in measure) if _reads_known(section) else None
    if length == 0:
        section.problem(
            "measure", "reads-nothing", "nothing is read, so there is nothing to measure", expected="{ read = bytes }"
        )
    identity = _identity(section, words)
    needed = requirements(section, length, what="a measurement")
    found = [_channel(table, length) for table in root.tables("channel").values()]
    right = [entry for entry in found if entry is not None]
    if len(root.report.errors()) > before or not right:
        return None
    form = I2cForm(
        name=name,
        identity=identity,
        setup=setup,
        measure=measure,
        goodbye=goodbye,
        words=words,
        may_be_zero=section.values.get("may_be_zero") is True,
        requirements=needed,
        channels=tuple(number for number, _ in right),
        settle_s=settle_s,
    )
    return form, tuple(channel for _, channel in right)


def _reads_known(section: Table) -> bool:
    """Return whether it is known how much a measurement reads: a length that was wrong has been reported."""
    tables: tuple[Table, ...] = section.get("measure", tuple) or ()
    return bool(tables) and all("read" in table.values or "read" not in table.written for table in tables)


def _channel(table: Table, length: int | None) -> tuple[Number, Channel] | None:
    field = field_of(table)
    described = describe(table, field=field)
    if not check_reach(table, field, length, what="a measurement") or described is None or field is None:
        return None
    if described.scaling is None:
        table.problem(
            "class",
            "no-identifier",
            "what a chip measures is a number, never an identifier",
            expected='"count", with its group',
            found='"identifier"',
        )
        return None
    return Number(name=table.name, field=field, scaling=described.scaling), described.channel


def _words(section: Table) -> WordCheck | None:
    table = section.table("checksum")
    check = check_of(table) if "checksum" in section.values else None
    return None if check is None else WordCheck(check=check, every=table.get("every", int) or 2)


def _transactions(section: Table, key: str, words: WordCheck | None) -> tuple[Transaction, ...]:
    tables: tuple[Table, ...] = section.get(key, tuple) or ()
    return tuple(_transaction(table, words) for table in tables)


def _transaction(table: Table, words: WordCheck | None) -> Transaction:
    write, read = table.text("write"), table.get("read", int) or 0
    if not {"write", "read"} & table.written:
        table.problem(None, "missing-key", "this transaction does nothing", expected="write, read, or both")
    _check_words(table, read, words)
    wait = table.get("wait", Duration)
    return Transaction(
        write=None if write is None else bytes.fromhex(write),
        read=read,
        wait_s=0.0 if wait is None else wait.seconds,
        until=_until(table, read, words),
    )


def _check_words(table: Table, read: int, words: WordCheck | None) -> None:
    if words is not None and read % (words.every + words.check.length):
        step = words.every + words.check.length
        table.problem(
            "read",
            "bad-length",
            f"with a checksum behind each {words.every} bytes, this is no whole number of them",
            expected=f"a multiple of {step}",
            found=str(read),
        )


def _until(table: Table, read: int, words: WordCheck | None) -> Until | None:
    until = table.table("until")
    every, tries, value = until.get("every", Duration), until.get("tries", int), until.get("is", int)
    if "until" not in table.values or every is None or tries is None or value is None:
        return None
    field = field_of(until, usual=Kind.U8)
    plain = _length(Transaction(read=read), words)
    if field is None or not check_reach(until, field, plain, what="what is read"):
        return None
    return Until(field=field, value=value, every_s=every.seconds, tries=tries)


def _length(step: Transaction, words: WordCheck | None) -> int:
    """Return how many bytes of a transaction are left without checksums."""
    return step.read if words is None else step.read // (words.every + words.check.length) * words.every


def _identity(section: Table, words: WordCheck | None) -> Identity | None:
    table = section.table("identify")
    read, values = table.get("read", int), table.get("is", tuple)
    if read is None or values is None:
        return None
    _check_words(table, read, words)
    write = table.text("write")
    transaction = Transaction(write=None if write is None else bytes.fromhex(write), read=read)
    field = field_of(table)
    if field is None or not check_reach(table, field, _length(transaction, words), what="what is read"):
        return None
    if field.kind.floating:
        table.problem("type", "wrong-value", "an identification is a whole number", expected='"u8", "u16", ...')
        return None
    return Identity(transaction=transaction, field=field, values=values)


def addresses(root: Table) -> tuple[int, ...]:
    """Return the addresses, after reporting one that is there twice."""
    section = root.table("i2c")
    found: tuple[int, ...] = section.get("addresses", tuple) or ()
    for index, address in enumerate(found):
        if address in found[:index]:
            section.problem(
                ("addresses", index),
                "twice",
                f"address {quoted(f'0x{address:02x}')} is there already",
                expected="each address once",
            )
    return found


def duration_s(form: I2cForm) -> float:
    """Return how long a sample takes at the most, waits and tries included."""
    return sum(
        step.wait_s + (0.0 if step.until is None else step.until.every_s * (step.until.tries - 1))
        for step in form.measure
    )
