"""Checksums as a device file names them.

In: a table with `kind` and maybe parameters of a CRC. Out: a `Check`, or a problem. Never: where it stands.
"""

from dataclasses import replace
from typing import Final

from agent.tomlfile import Table, quoted
from drivers.declared.checks import CRCS, Check

_PARAMETERS: Final = ("polynomial", "start", "reflected", "final")


def check_of(table: Table) -> Check | None:
    """Return the checksum, None after something about it was reported."""
    name = table.text("kind")
    if name is None:
        return None
    written = [key for key in _PARAMETERS if key in table.written]
    crc = CRCS.get(name)
    if crc is None:
        for key in written:
            table.problem(
                key,
                "no-effect",
                f"a {name} has no parameters",
                expected=f"no {key} here, or the kind {quoted('crc8')} or {quoted('crc16-xmodem')} with its own",
                hint="remove this line",
            )
        return None if written else Check(name=name)
    if any(key not in table.values for key in written):
        return None
    for key in written:
        value = table.get(key, int)
        if value is not None and key != "reflected" and value >> crc.bits:
            table.problem(
                key, "out-of-range", f"this is more than {crc.bits} bits", expected=f"at most {crc.bits} bits"
            )
            return None
    return Check(name=name, crc=replace(crc, **{key: table.values[key] for key in written}))
