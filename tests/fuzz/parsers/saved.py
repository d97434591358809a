"""What an earlier process has left: counters in the store, the rows themselves, restarts, the status of a service."""

import argparse
import io
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from agent import alarms, restarts
from agent.alarms import Standing
from agent.buffer.errors import StoreDamaged
from agent.buffer.rows import decode_rows, encode_row, without_first
from agent.cli import status
from agent.errors import LamppostError
from agent.privacy import ledgers
from agent.privacy.ledgers import Ledgers
from agent.quality import Quality
from agent.wire.messages import AlarmState
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import Mutator
from tests.fuzz.trees import TreeMutator

_VALUES: Final[tuple[Any, ...]] = (
    None,
    True,
    0,
    1,
    -1,
    2**63,
    10**30,
    1.5,
    1e308,
    "",
    "air",
    "\ud800",
    "[/b]",
    [],
    {},
    [[]],
)
_DEEP: Final = b"[" * 3000


def _json(tree: object) -> bytes:
    return json.dumps(tree, separators=(",", ":")).encode()


class Saved(Fuzzer):
    """What no version has written is as good as nothing, and what is taken, written again, is taken the same."""

    def __init__(
        self,
        name: str,
        *,
        take: Callable[[bytes], Any],
        write: Callable[[Any], bytes],
        seal: Callable[[bytes], bytes] = bytes,
        examples: Sequence[bytes],
    ) -> None:
        """Describe one kind.

        Args:
            name: of the fuzzer.
            take: returns what bytes say, something empty for nothing.
            write: returns bytes that say that, without a checksum.
            seal: adds the checksum.
            examples: bytes without their checksum.
        """
        self.name = f"saved-{name}"
        self._take, self._write, self._seal = take, write, seal
        self._trees = TreeMutator(
            seeds=examples, loads=json.loads, dumps=_json, values=_VALUES, keys=("air", "version", "format", "")
        )
        self._bytes = Mutator(
            seeds=[*examples, _DEEP], words=(b"[", b"{}", b"9" * 400, b"NaN"), longest=4000, joined=1
        )

    def make(self, chance: random.Random) -> bytes:
        body = self._trees(chance) if chance.random() < 0.8 else self._bytes(chance)
        return self._seal(body) if chance.random() < 0.9 else body

    def run(self, data: bytes) -> bool:
        found = self._take(data)
        assert self._take(self._seal(self._write(found))) == found, "written again it is taken otherwise"
        return bool(found)


def _alarms(standings: Any) -> bytes:  # noqa: ANN401 - as it was taken
    told = [[stream, name, *alarms._numbers(standing)] for (stream, name), standing in standings.items()]
    return _json({"format": 1, "alarms": told})


def _accounts(accounts: Any) -> bytes:  # noqa: ANN401 - as it was taken
    streams = {
        name: [one.last_ms, *one.spent.as_integer_ratio(), one.missing] for name, one in (accounts or {}).items()
    }
    return _json({"version": 1, "streams": streams})


def _take_accounts(data: bytes) -> Any:  # noqa: ANN401 - as it is taken
    found = ledgers._read(data)
    kept = Ledgers({}, data)
    assert kept.found is (ledgers.Found.DAMAGED if found is None else ledgers.Found.SOUND)
    assert Ledgers({}, kept.export()).export() == kept.export(), "exported it is another one"
    return found or {}


_FOLDER: Final = tempfile.TemporaryDirectory(prefix="lamppost-fuzz-")


@contextmanager
def _quiet() -> Iterator[None]:
    """Let what is warned of go nowhere."""
    before, restarts._LOG.disabled = restarts._LOG.disabled, True
    try:
        yield
    finally:
        restarts._LOG.disabled = before


def _take_restarts(data: bytes) -> Any:  # noqa: ANN401 - as it is taken
    file = Path(_FOLDER.name, restarts.NAME)
    file.write_bytes(data)
    with _quiet():
        found = restarts._load(file)
    assert all(type(part) is str for entry in found for part in entry[:2]), "a name that is none"
    assert all(isinstance(entry[2], int) for entry in found), "a time that is none"
    assert all(isinstance(entry[3], int | None) for entry in found), "a date that is none"
    return found


class Rows(Fuzzer):
    """Stored rows are refused as damaged, or, encoded anew, are as many rows with the same values and codes."""

    name = "rows"

    def __init__(self) -> None:
        rows = [
            encode_row([1, -2, 300], [Quality.OK] * 3),
            encode_row([None, 70_000], [list(Quality)[-1], Quality.OK]),
            encode_row([2**63 - 1, -(2**63)], [Quality.OK] * 2),
            encode_row([None, None], [list(Quality)[-1]] * 2),
        ]
        self._mutate = Mutator(seeds=rows, words=(b"\x04", b"\x80", b"\0\xff", b"\x07\x03"), longest=60, joined=3)

    def make(self, chance: random.Random) -> bytes:
        return bytes([chance.randrange(4)]) + self._mutate(chance)

    def run(self, data: bytes) -> bool:
        count, encoded = (data[:1] or b"\0")[0], data[1:]
        try:
            rows = list(decode_rows(encoded, count))
        except StoreDamaged:
            return False
        assert len(rows) == count
        assert all(len(values) == len(codes) for values, codes in rows), "a value without its code"
        again = b"".join(encode_row(values, codes) for values, codes in rows)
        assert list(decode_rows(again, count)) == rows, "encoded anew they are others"
        if count:
            assert list(decode_rows(without_first(encoded, 1), count - 1)) == rows[1:], (
                "without the first it is another"
            )
        return bool(rows)


class Statuses(Fuzzer):
    """A status file is shown, or refused by its name as none: by no other error, and without what is in it."""

    name = "status"
    inputs = 20_000

    def __init__(self) -> None:
        known = {
            "unit": "corner", "software": "lamppost 0.1.0", "uptime_s": int(time.monotonic()), "written_utc_ms": 0,
            "clock": {"quality": "synchronised", "error_ms": 3}, "simulated": False, "readings": 1234,
            "sensors": {"air": {"state": "ok", "readings": 4, "failures": 0, "skipped": 0, "problem": None}},
            "streams": {"air": {"rows_released": 20, "rows_withheld": 0, "groups_suppressed": 3, "late_readings": 1}},
            "suspended": {}, "supervision": {"restarts": 0, "left_out": {}},
            "control": {"lost": "", "version": 0, "ordered": {}},
            "outbox": {
                "rows_waiting": 7, "sealed_rows_waiting": 5, "rows_receipted": 88, "rows_stored": 100,
                "rows_evicted": 0, "bytes_used": 3 << 20, "trouble": "",
            },
            "uplink": {
                "connected": True, "protocol": "5", "since_s": 61.5, "sent": 40, "resent": 2, "refused": 0,
                "problem": None,
            },
            "receipts": {"applied": 38, "refused": 0},
        }  # fmt: skip
        self._trees = TreeMutator(
            seeds=[_json(known)], loads=json.loads, dumps=_json, values=_VALUES, keys=("uptime_s", "air")
        )
        self._bytes = Mutator(
            seeds=[_json(known), _DEEP], words=(b"\xff", b"1e999", b"9" * 400), longest=4000, joined=1
        )

    @cached_property
    def _folder(self) -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory(prefix="lamppost-fuzz-")

    def make(self, chance: random.Random) -> bytes:
        return self._trees(chance) if chance.random() < 0.8 else self._bytes(chance)

    def run(self, data: bytes) -> bool:
        runtime = Path(self._folder.name)
        (runtime / "status.json").write_bytes(data)
        out = io.StringIO()
        try:
            for as_json in (True, False):
                with redirect_stdout(out):
                    status.run(argparse.Namespace(runtime=runtime, json=as_json))
        except LamppostError as error:
            assert str(error).startswith(f"{runtime / 'status.json'}: "), "refused without its name"  # noqa: PT017 - either outcome is right
            return False
        return bool(out.getvalue())


_STANDING: Final = Standing(state=AlarmState.RAISED, told=AlarmState.RAISED, number=3, beyond_ms=60_000)
FUZZERS: tuple[Fuzzer, ...] = (
    Saved(
        "alarms",
        take=alarms._restored,
        write=_alarms,
        examples=[_alarms({("air", "dust"): _STANDING, ("air", "heat"): Standing()}), _alarms({})],
    ),
    Saved(
        "budgets",
        take=_take_accounts,
        write=_accounts,
        seal=lambda body: ledgers._checksum(body) + b"\n" + body,
        examples=[
            _json({"version": 1, "streams": {"air": [1_790_000_000_000, 3, 2, False], "b": [None, 0, 1, True]}})
        ],
    ),
    Saved(
        "restarts",
        take=_take_restarts,
        write=_json,
        examples=[_json([["sensors", "00" * 16, 7, None], ["uplink", "11" * 16, 8, 1_790_000_000]]), _json([])],
    ),
    Rows(),
    Statuses(),
)
