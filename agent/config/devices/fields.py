"""Where a number stands: offset, type, bits, order of bytes.

In: a table with those keys. Out: a `Field`, or problems. Never: what the number means.
"""

from typing import Final

from agent.tomlfile import Table, quoted
from drivers.declared.fields import Field, Kind, Order

_ORDERS: Final = {
    ("big", "big"): Order.ABCD,
    ("little", "big"): Order.BADC,
    ("big", "little"): Order.CDAB,
    ("little", "little"): Order.DCBA,
}


def field_of(
    table: Table, *, at: int | None = None, order: Order | None = None, usual: Kind = Kind.U8
) -> Field | None:
    """Return the field that a table describes, None after something about it was reported.

    Args:
        table: with `at`, `type`, `bits` and `byte_order`, where they are there.
        at: its offset, where the table does not say it.
        order: order of its bytes, where the table does not say it.
        usual: its type, where the table has none.
    """
    kind = kind_of(table, usual)
    offset = table.get("at", int) if at is None else at
    if "at" not in table.written and at is None:
        offset = 0
    if kind is None or offset is None or ("byte_order" in table.written and table.text("byte_order") is None):
        return None
    whole = table.text("byte_order") or "big"
    bits = _bits(table, kind)
    if bits is None and "bits" in table.written:
        return None
    return Field(at=offset, kind=kind, order=order or _ORDERS[whole, whole], bits=bits)


def kind_of(table: Table, usual: Kind) -> Kind | None:
    """Return the type that a table names, `usual` where it names none, None for a wrong one."""
    if "type" not in table.written:
        return usual
    name = table.text("type")
    return Kind(name) if name is not None and name in list(Kind) else None


def register_order(channel: Table, section: Table) -> Order:
    """Return the order of a Modbus number: what its channel says goes before what the section says."""
    first = channel.text("byte_order") or section.text("byte_order") or "big"
    words = channel.text("word_order") or section.text("word_order") or "big"
    return _ORDERS[first, words]


def _bits(table: Table, kind: Kind) -> tuple[int, int] | None:
    written = table.text("bits")
    if written is None:
        return None
    high, _, low = written.partition("..")
    top, bottom = int(high), int(low or high)
    width = 8 * kind.length
    problem = None
    if kind.floating:
        problem, expected = "a floating-point number has no bits that count alone", "no bits here, or an integer type"
    elif top < bottom:
        problem, expected = "the lowest bit comes before the highest", quoted(f"{bottom}..{top}")
    elif top >= width:
        problem, expected = f"a {kind} has no bit {top}", f"bits from {width - 1} down to 0"
    if problem is None:
        return top, bottom
    table.problem("bits", "bad-bits", problem, expected=expected, found=quoted(written))
    return None


def check_reach(table: Table, field: Field | None, length: int | None, *, what: str, key: str = "at") -> bool:
    """Return whether a field lies inside `length` bytes, after reporting that it does not."""
    if field is None or length is None:
        return False
    if field.end <= length:
        return True
    table.problem(
        key if key in table.written else None,
        "beyond-end",
        f"this number ends at byte {field.end}, behind the end",
        expected=f"inside the {length} bytes of {what}",
        found=f"bytes {field.at} to {field.end - 1}, counted from 0",
        hint="offsets are counted from 0",
    )
    return False
