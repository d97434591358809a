"""All fuzzers, by name: one module for each kind of parser is listed here, and nothing else has to be done."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.parsers import (
    believers,
    cbor,
    chips,
    configurations,
    counters,
    declared_frames,
    declared_lines,
    envelopes,
    files,
    fixed_frames,
    held,
    identifiers,
    lines,
    modbus,
    nmea,
    patterns,
    payloads,
    saved,
    scanned_chips,
    scanned_lines,
    scanned_machine,
    shdlc,
    sysfs,
    taped,
    toml,
    transcripts,
    walked,
)

_MODULES: Final = (
    fixed_frames,
    declared_frames,
    shdlc,
    modbus,
    nmea,
    lines,
    declared_lines,
    patterns,
    transcripts,
    taped,
    sysfs,
    chips,
    scanned_lines,
    scanned_chips,
    scanned_machine,
    walked,
    held,
    saved,
    counters,
    identifiers,
    cbor,
    payloads,
    envelopes,
    believers,
    files,
    toml,
    configurations,
)
FUZZERS: Final[Mapping[str, Fuzzer]] = MappingProxyType(
    {fuzzer.name: fuzzer for module in _MODULES for fuzzer in module.FUZZERS}
)
