"""Seals batches with our own code, each under a new key, and prints what a reader must find in them, in JSON."""

import json
import random
import sys
import tempfile
from pathlib import Path

from agent.quality import Quality
from agent.wire import cose, keyfile, payload
from agent.wire.messages import Batch, ClockQuality, ClockStamp, Column, Kind

_BATCHES = 20
_KEPT_BACK = (Quality.SUPPRESSED, Quality.WITHHELD, Quality.NO_DATA, Quality.SENSOR_FAILING, Quality.BUDGET_SPENT)
_PRESENT = (Quality.OK, Quality.OK, Quality.OK, Quality.PARTIAL, Quality.SATURATED)


def _column(chance: random.Random, index: int, rows: int) -> Column:
    present = [chance.random() < 0.8 for _ in range(rows)]
    return Column(
        channel=index,
        exponent=chance.randint(-6, 3),
        values=tuple(chance.randint(-(2**33), 2**33) if there else None for there in present),
        quality=tuple(chance.choice(_PRESENT if there else _KEPT_BACK) for there in present),
    )


def _batch(chance: random.Random) -> Batch:
    rows = chance.randint(1, 120)
    return Batch(
        epoch=chance.randbytes(8),
        stream=f"stream-{chance.randint(0, 99)}",
        seq=chance.randint(1, 2**40),
        prev=chance.randbytes(32),
        start_ms=chance.randint(1_700_000_000_000, 1_900_000_000_000),
        step_ms=chance.choice([1000, 60_000, 3_600_000]),
        boot_id=chance.choice([None, chance.randbytes(16)]),
        columns=tuple(_column(chance, index, rows) for index in range(chance.randint(1, 8))),
        declaration=chance.randbytes(32),
        clock=ClockStamp(quality=chance.choice(list(ClockQuality)), error_ms=chance.randint(0, 5000)),
        simulated=chance.random() < 0.5,
        padded_to=chance.choice([0, 0, 256]),
    )


def _sealed(chance: random.Random, seed: int) -> dict[str, object]:
    batch = _batch(chance)
    with tempfile.TemporaryDirectory() as folder:
        key = keyfile.generate(Path(folder) / "unit.key")
    data = cose.sign(payload.encode(batch), kind=Kind.BATCH, signer=key)
    columns = [
        {"exponent": column.exponent, "values": column.values, "quality": list(map(int, column.quality))}
        for column in batch.columns
    ]
    return {
        "seed": seed,
        "public": key.public.line,
        "kid_hex": key.kid.hex(),
        "alg": str(key.alg),
        "hex": data.hex(),
        "start_ms": batch.start_ms,
        "step_ms": batch.step_ms,
        "rows": batch.rows,
        "columns": columns,
    }


def main(seed: int) -> None:
    """Print the envelopes, their keys, and their content."""
    chance = random.Random(seed)
    print(json.dumps([_sealed(chance, seed) for _ in range(_BATCHES)]))


if __name__ == "__main__":
    main(int(sys.argv[1]))
