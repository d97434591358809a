"""Faults to plant in the parsers, one for each kind of fuzzer: what cannot find its own proves nothing.

In: pytest's way to change an attribute and put it back. Out: a parser with one mistake. Never: a mistake that stays.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

import pytest

from agent import boots, budget, flash, given, obedience, receipts, taping
from agent.buffer import rows
from agent.cli import status
from agent.config.devices import check as device_check
from agent.control import layout
from agent.privacy import ledgers
from agent.privacy.ledger import Account, Ledger
from agent.receipts import ReceiptVerifier
from agent.scanning import holding, machine, multiplexers
from agent.scanning.i2c import I2cScan
from agent.tomlfile import Document, Duration, Problem
from agent.tomlfile import document as toml_document
from agent.tomlfile.scan import Place, scan
from agent.wire import bundle, cbor, cose, export, fields, keyfile, topics
from drivers import identity, shdlc, sysfs, tripwire
from drivers.bus import recording, transcript
from drivers.bus.transcript import Failure
from drivers.declared import lines, patterns, scaling
from drivers.declared.frames import FrameCheck
from drivers.framing import FixedFramer
from drivers.gnss.sentences import LONGEST, SentenceParser
from drivers.identity import Ask
from drivers.lm75 import decode as lm75
from drivers.modbus import frames
from drivers.ops243 import lines as ops243
from receiver import settings
from receiver.trusted import TrustedDevices

Plant = Callable[[pytest.MonkeyPatch], None]


class _Anything:
    """Equal to everything."""

    __hash__ = object.__hash__

    def __eq__(self, _other: object) -> bool:
        return True


def _put(target: object, name: str, value: object) -> Plant:
    def plant(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(target, name, value)

    return plant


_keyed, _pem, _cbor_items, _item = fields.keyed, keyfile._pem, export.cbor_items, bundle._item
_line_column, _on_day_of = Document.line_column, Ledger._on_day_of


def _keyed_loosely(value: object, what: str, *, required: Any, optional: Any = ()) -> dict[int, Any]:  # noqa: ANN401
    known = {*required, *optional}
    kept = {key: inner for key, inner in value.items() if key in known} if isinstance(value, dict) else value
    return _keyed(kept, what, required=required, optional=optional)


def _misplaced(text: str) -> dict[tuple[str | int, ...], Place]:
    return {
        path: Place(place.start + 1, place.end + 1, place.value_start, place.value_end)
        for path, place in scan(text).items()
    }


def _early(data: bytes, at: int) -> tuple[int, int] | None:
    found = _item(data, at)
    return None if found is None else (found[0] - 1, found[1])


async def _nothing(_self: I2cScan) -> None:
    """Leave things as they are."""


def _pair(counter: int, digest: str) -> tuple[int, bytes]:
    return counter, bytes.fromhex(digest)


def _never_missing(ledger: Ledger, start_ms: int) -> Account:
    return replace(_on_day_of(ledger, start_ms), missing=False)


PLANTED: Final[Mapping[str, tuple[str, Plant]]] = MappingProxyType(
    {
        "frames-sds011": (
            "forgets a header that has only begun",
            _put(FixedFramer, "_beginning", lambda _self, buffer, _position: len(buffer)),
        ),
        "declared-frames-variable": (
            "believes every checksum",
            _put(FrameCheck, "holds", lambda _self, _frame: True),
        ),
        "shdlc": ("does not know one stuffed byte", _put(shdlc, "_PLAIN", {0x5E: 0x7E, 0x5D: 0x7D, 0x31: 0x11})),
        "modbus": ("believes every CRC", _put(frames, "valid", lambda _frame: True)),
        "nmea": ("waits for the longest sentence", _put(SentenceParser, "needed", property(lambda _self: LONGEST))),
        "lines-ops243": ("waits for a longer line than the shortest", _put(ops243, "SHORTEST_LINE", 4)),
        "declared-lines-delimited": (
            "lets text out",
            _put(lines, "somebody", lambda content: content.decode(errors="replace")),
        ),
        "declared-numbers": (
            "loses a sign",
            _put(scaling, "_NUMBER", re.compile(scaling._NUMBER.pattern.replace(b"([+-]?)", b"[+-]?()"))),
        ),
        "patterns": (
            "takes digits alone for words",
            _put(patterns, "_CLASSES", patterns._CLASSES | {"w": patterns._CLASSES["d"]}),
        ),
        "transcripts-serial": (
            "takes a sign for a digit",
            _put(transcript, "_BYTE", re.compile("[+0-9A-Fa-f][0-9A-Fa-f]")),
        ),
        "sysfs-numbers": (
            "loses a sign",
            _put(sysfs, "_NUMBER", re.compile(sysfs._NUMBER.pattern.replace("(-?)", "-?()"))),
        ),
        "sysfs-iio": ("rounds down", _put(sysfs, "rounded", lambda numerator, denominator: numerator // denominator)),
        "recording-serial": (
            "does not tell that a line was silent",
            _put(recording, "failure_of", lambda _error: Failure.GONE),
        ),
        "recording-i2c": (
            "takes every failure for one",
            _put(recording, "failure_of", lambda _error: Failure.NACK),
        ),
        "tape": (
            "gives out what has somebody in it",
            _put(taping, "refuse_somebody", lambda *_arguments, **_rest: None),
        ),
        "chip-answers": ("gives a fraction", _put(lm75, "temperature_centi_c", lambda steps, *, bits: steps / bits)),
        "scan-heard": ("is certain of one frame", _put(identity, "_MANY", 1)),
        "scan-chips": ("takes any word", _put(identity, "crc8_sensirion", lambda data: data[0])),
        "scan-multiplexers": (
            "tells something else than it expects to see",
            _put(multiplexers, "selecting", lambda selection: Ask(send=bytes([selection & 1]), length=2)),
        ),
        "scan-machine": ("lets a terminal be disturbed", _put(machine, "printable", lambda text: text)),
        "scan-service": ("forgets half of the buses", _put(holding, "_paths", lambda _file: frozenset())),
        "scan-walk": ("puts no multiplexer back", _put(I2cScan, "_restore", _nothing)),
        "busfile": ("does not tell where", _put(Problem, "headline", property(lambda self: self.message))),
        "tripwire": ("does not look past quotes", _put(tripwire, "_AROUND", " ")),
        "saved-budgets": ("looks at nothing", _put(ledgers, "_must", lambda _holds: None)),
        "saved-times": ("takes any number for a time", _put(boots, "_time", lambda value: value)),
        "saved-windows": ("takes spans in any order", _put(given, "pairwise", lambda _starts: ())),
        "saved-traffic": ("takes debts for counts", _put(budget, "_number", int)),
        "saved-flash": ("takes any version", _put(flash, "_FORMAT", _Anything())),
        "saved-grants": ("grants without a ledger", _put(Ledger, "_on_day_of", _never_missing)),
        "saved-receipts": ("takes any number for a counter", _put(receipts, "_last", _pair)),
        "saved-orders": ("takes every sign", _put(obedience, "_version", int)),
        "rows": ("finds every value small", _put(rows, "_width", lambda _low, _high: 0)),
        "status": ("does not say what it refuses", _put(status, "LamppostError", ZeroDivisionError)),
        "cbor": ("takes what is deeper", _put(cbor, "_MAX_DEPTH", 40)),
        "payload-receipt": ("passes over keys that it does not know", _put(fields, "keyed", _keyed_loosely)),
        "envelope": ("takes other forms", _put(cose, "_join", lambda *_parts: _Anything())),
        "receipts": ("believes old ones", _put(ReceiptVerifier, "_admit", lambda *_arguments: None)),
        "control": (
            "does not look at the signature",
            _put(cose, "verify", lambda data, **_rest: cose.payload_of(data)),
        ),
        "trusted": (
            "does not look at what is said",
            _put(TrustedDevices, "_check_content", staticmethod(lambda _device, _message: None)),
        ),
        "topics": ("takes any name", _put(topics, "is_name", lambda _text: True)),
        "control-state": ("takes any type", _put(layout, "_exact", lambda value, _kind: value)),
        "export": (
            "leaves the last entry out",
            _put(export, "cbor_items", lambda header, entries: _cbor_items(header, list(entries)[:-1])),
        ),
        "bundle": ("begins an envelope one byte early", _put(bundle, "_item", _early)),
        "keys": ("writes a byte too few", _put(keyfile, "_pem", lambda der, label: _pem(der[:-1], label))),
        "toml": ("places keys one character behind", _put(toml_document, "scan", _misplaced)),
        "quantities": ("hints at what is refused", _put(Duration, "ALIASES", dict(Duration.ALIASES) | {"m": "m"})),
        "unit-file": (
            "tells the line after the mistake",
            _put(Document, "line_column", lambda self, offset: (_line_column(self, offset)[0] + 1, 1)),
        ),
        "device-file": (
            "takes for granted what may be missing",
            _put(device_check, "_check_times", lambda root: root.values["interval"]),
        ),
        "receiver-file": ("does not expect a bad key", _put(settings, "KeyFileError", ZeroDivisionError)),
    }
)
"""By the fuzzer that must find it: what the parser then does, and how it is made to."""
