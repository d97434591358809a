from collections.abc import Sequence
from decimal import Decimal

import cbor2
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agent.quality import Quality
from agent.wire import payload, senml, units
from agent.wire.declared import DeclarationContent
from agent.wire.errors import NoSenml
from agent.wire.messages import Batch, ClockQuality, ClockStamp, Column
from tests.support import senml as reader
from tests.support import wire, wire_strategies

_BOOT = bytes(range(16))
_OURS = frozenset({"simulated_", "boot_"})

# RFC 8428 section 5.1.2, second example, and section 6, which is the same in CBOR.
_CURRENT_JSON = """[
 {"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09,"bu":"A","bver":5,"n":"voltage","u":"V","v":120.1},
 {"n":"current","t":-5,"v":1.2}, {"n":"current","t":-4,"v":1.3}, {"n":"current","t":-3,"v":1.4},
 {"n":"current","t":-2,"v":1.5}, {"n":"current","t":-1,"v":1.6}, {"n":"current","v":1.7}
]"""
_CURRENT_CBOR = bytes.fromhex(
    "87a721781b75726e3a6465763a6f773a3130653230373361303130383030363a22fb41d303a15b00106223614120050067766f6c7461"
    "676501615602fb405e066666666666a3006763757272656e74062402fb3ff3333333333333a3006763757272656e74062302fb3ff4cc"
    "cccccccccda3006763757272656e74062202fb3ff6666666666666a3006763757272656e74062102f93e00a3006763757272656e7406"
    "2002fb3ff999999999999aa3006763757272656e74060002fb3ffb333333333333"
)
_CURRENT_RESOLVED = """[
 {"n":"urn:dev:ow:10e2073a0108006:current","u":"A","t":1276020071.001,"v":1.2},
 {"n":"urn:dev:ow:10e2073a0108006:current","u":"A","t":1276020072.001,"v":1.3},
 {"n":"urn:dev:ow:10e2073a0108006:current","u":"A","t":1276020073.001,"v":1.4},
 {"n":"urn:dev:ow:10e2073a0108006:current","u":"A","t":1276020074.001,"v":1.5},
 {"n":"urn:dev:ow:10e2073a0108006:current","u":"A","t":1276020075.001,"v":1.6},
 {"n":"urn:dev:ow:10e2073a0108006:voltage","u":"V","t":1276020076.001,"v":120.1},
 {"n":"urn:dev:ow:10e2073a0108006:current","u":"A","t":1276020076.001,"v":1.7}
]"""
# RFC 8428 section 5.1.3, and the beginning of the same resolved in section 5.1.4.
_MOVING_JSON = """[
 {"bn":"urn:dev:ow:10e2073a01080063","bt":1.320067464e+09,"bu":"%RH","v":20},
 {"u":"lon","v":24.30621}, {"u":"lat","v":60.07965},
 {"t":60,"v":20.3}, {"u":"lon","t":60,"v":24.30622}, {"u":"lat","t":60,"v":60.07965},
 {"t":120,"v":20.7}, {"u":"lon","t":120,"v":24.30623}, {"u":"lat","t":120,"v":60.07966},
 {"u":"%EL","t":150,"v":98},
 {"t":180,"v":21.2}, {"u":"lon","t":180,"v":24.30628}, {"u":"lat","t":180,"v":60.07967}
]"""
_MOVING_RESOLVED = """[
 {"n":"urn:dev:ow:10e2073a01080063","u":"%RH","t":1.320067464e+09,"v":20},
 {"n":"urn:dev:ow:10e2073a01080063","u":"lon","t":1.320067464e+09,"v":24.30621},
 {"n":"urn:dev:ow:10e2073a01080063","u":"lat","t":1.320067464e+09,"v":60.07965},
 {"n":"urn:dev:ow:10e2073a01080063","u":"%RH","t":1.320067524e+09,"v":20.3},
 {"n":"urn:dev:ow:10e2073a01080063","u":"lon","t":1.320067524e+09,"v":24.30622},
 {"n":"urn:dev:ow:10e2073a01080063","u":"lat","t":1.320067524e+09,"v":60.07965},
 {"n":"urn:dev:ow:10e2073a01080063","u":"%RH","t":1.320067584e+09,"v":20.7},
 {"n":"urn:dev:ow:10e2073a01080063","u":"lon","t":1.320067584e+09,"v":24.30623},
 {"n":"urn:dev:ow:10e2073a01080063","u":"lat","t":1.320067584e+09,"v":60.07966},
 {"n":"urn:dev:ow:10e2073a01080063","u":"%EL","t":1.320067614e+09,"v":98},
 {"n":"urn:dev:ow:10e2073a01080063","u":"%RH","t":1.320067644e+09,"v":21.2},
 {"n":"urn:dev:ow:10e2073a01080063","u":"lon","t":1.320067644e+09,"v":24.30628},
 {"n":"urn:dev:ow:10e2073a01080063","u":"lat","t":1.320067644e+09,"v":60.07967}
]"""
_EXAMPLES = [(_CURRENT_JSON, _CURRENT_RESOLVED), (_MOVING_JSON, _MOVING_RESOLVED)]


def _cited(batch: Batch, content: DeclarationContent) -> Batch:
    """Return `batch` with the hash of `content`."""
    fields = {name: getattr(batch, name) for name in Batch.__slots__}
    return Batch(**(fields | {"declaration": payload.declaration_hash(payload.content_bytes(content))}))


def _described(batch: Batch) -> tuple[Batch, DeclarationContent]:
    """Return `batch` and a declaration that describes it."""
    channels = tuple(wire.channel(f"c{index}") for index in range(batch.columns[-1].channel + 1))
    content = wire.content(streams=(wire.stream(name=batch.stream, channels=channels),))
    return _cited(batch, content), content


def _read_back(
    records: Sequence[reader.Record], batch: Batch, content: DeclarationContent
) -> tuple[int, int, tuple[Column, ...]]:
    """Return start, step and columns as they can be told from a pack, the declaration and each column's exponent."""
    stream = next(stream for stream in content.streams if stream.name == batch.stream)
    base = f"lamppost:{content.thumbprint[:8].hex()}:{content.unit}:{stream.name}"
    window = next(record for record in records if record["n"] == f"{base}/window")
    start_ms, step_ms = int(Decimal(window["t"]) * 1000), int(Decimal(window["v"]) * 1000)
    columns = []
    for column in batch.columns:
        name = f"{base}:{stream.channels[column.channel].name}"
        values: list[int | None] = [None] * batch.rows
        quality = [Quality.OK] * batch.rows
        for record in records:
            row = (int(Decimal(record["t"]) * 1000) - start_ms) // step_ms
            if record["n"] == name:
                exact = Decimal(record["v"]).scaleb(-column.exponent)
                assert exact == int(exact)
                values[row] = int(exact)
            elif record["n"] == f"{name}/quality":
                quality[row] = Quality[record["vs"].upper()]
        columns.append(
            Column(channel=column.channel, exponent=column.exponent, values=tuple(values), quality=tuple(quality))
        )
    return start_ms, step_ms, tuple(columns)


@given(wire_strategies.batches(), st.booleans())
def test_a_batch_survives_senml_in_both_forms(batch: Batch, as_json: bool) -> None:  # noqa: FBT001 - generated
    assume(batch.clock.mapping is None or batch.clock.mapping[0] != batch.boot_id)
    batch, content = _described(batch)
    try:
        records = senml.to_records(batch, content)
    except NoSenml:
        assert batch.boot_id is None
        assert batch.start_ms < (1 << 28) * 1000
        return
    read = reader.from_json(senml.to_json(records)) if as_json else reader.from_cbor(senml.to_cbor(records))
    start_ms, step_ms, columns = _read_back(read, batch, content)
    assert (start_ms, step_ms, columns) == (batch.start_ms, batch.step_ms, batch.columns)


@given(wire_strategies.batches())
def test_a_pack_is_resolved_already(batch: Batch) -> None:
    batch, content = _described(batch)
    try:
        records = senml.to_records(batch, content)
    except NoSenml:
        return
    read = reader.from_json(senml.to_json(records))
    assert reader.resolve(read, understood=_OURS) == read


def test_a_batch_becomes_the_pack_that_the_documentation_shows() -> None:
    content = wire.content()
    column = wire.column(0, [2150, None], quality=(Quality.PARTIAL, Quality.SENSOR_FAILING))
    pressure = wire.column(1, [101_325, 101_330], exponent=0)
    batch = _cited(wire.batch(columns=(column, pressure)), content)
    base = f"lamppost:{content.thumbprint[:8].hex()}:corner-7:corner-air"
    assert senml.to_records(batch, content) == [
        {"n": f"{base}/window", "u": "s", "v": 60, "t": 1_790_000_040},
        {"n": f"{base}/clock", "vs": "synchronised", "t": 1_790_000_040},
        {"n": f"{base}/clock-error", "u": "s", "v": Decimal("0.012"), "t": 1_790_000_040},
        {"n": f"{base}:temperature", "u": "Cel", "v": Decimal("21.50"), "t": 1_790_000_040},
        {"n": f"{base}:temperature/quality", "vs": "partial", "t": 1_790_000_040},
        {"n": f"{base}:pressure", "u": "Pa", "v": 101_325, "t": 1_790_000_040},
        {"n": f"{base}:temperature/quality", "vs": "sensor_failing", "t": 1_790_000_100},
        {"n": f"{base}:pressure", "u": "Pa", "v": 101_330, "t": 1_790_000_100},
    ]


def test_json_writes_numbers_exactly_and_without_exponent() -> None:
    values = [Decimal("-0.05"), Decimal("5E+2"), Decimal("21.50")]
    records: list[senml.Record] = [{"n": "a", "v": value} for value in values]
    text = senml.to_json(records)
    assert text == '[{"n":"a","v":-0.05},\n {"n":"a","v":500},\n {"n":"a","v":21.50}]'


def test_cbor_writes_decimal_fractions_and_never_floats() -> None:
    data = senml.to_cbor([{"n": "a", "v": Decimal("-0.05"), "t": 3, "boot_": "00"}])
    assert data.hex() == "81a400616102c48221240603" + "65626f6f745f" + "623030"


def test_secondary_units_are_announced_in_every_record() -> None:
    content = wire.content(streams=(wire.stream(channels=(wire.channel("co2", unit="ppm", exponent=0),)),))
    batch = _cited(wire.batch(columns=(wire.column(0, [420], exponent=0),)), content)
    records = senml.to_records(batch, content)
    assert {record["bver"] for record in records} == {26}
    assert {record["bver"] for record in reader.resolve(reader.from_json(senml.to_json(records)))} == {26}


def test_simulated_data_is_refused_by_a_reader_that_does_not_know_of_it() -> None:
    content = wire.content()
    records = senml.to_records(_cited(wire.batch(simulated=True), content), content)
    assert all(record["simulated_"] is True for record in records)
    with pytest.raises(reader.Refused, match="simulated_"):
        reader.resolve(reader.from_json(senml.to_json(records)))


def test_time_since_a_boot_is_refused_by_a_reader_that_does_not_know_of_it() -> None:
    content = wire.content()
    records = senml.to_records(_cited(wire.batch(boot_id=_BOOT, start_ms=60_000), content), content)
    assert all(record["boot_"] == _BOOT.hex() for record in records)
    assert records[0]["t"] == 60
    with pytest.raises(reader.Refused, match="boot_"):
        reader.resolve(reader.from_json(senml.to_json(records)))


def test_time_since_a_boot_becomes_wall_time_once_the_mapping_is_known() -> None:
    content = wire.content()
    stamp = ClockStamp(quality=ClockQuality.SYNCHRONISED, mapping=(_BOOT, 100_000, 1_790_000_040_000, None))
    records = senml.to_records(_cited(wire.batch(boot_id=_BOOT, start_ms=60_000, clock=stamp), content), content)
    assert records[0]["t"] == 1_790_000_000
    assert "boot_" not in records[0]


def test_a_mapping_of_another_boot_is_not_used() -> None:
    content = wire.content()
    stamp = ClockStamp(quality=ClockQuality.SYNCHRONISED, mapping=(bytes(16), 100_000, 1_790_000_040_000, None))
    records = senml.to_records(_cited(wire.batch(boot_id=_BOOT, clock=stamp), content), content)
    assert records[0]["boot_"] == _BOOT.hex()


@pytest.mark.parametrize(
    ("batch", "content", "match"),
    [
        (wire.batch(), wire.content(), "another declaration"),
        (_cited(wire.batch(stream="other"), wire.content()), wire.content(), "stream"),
        (_cited(wire.batch(columns=(wire.column(2, [1]),)), wire.content()), wire.content(), "channel"),
        (_cited(wire.batch(start_ms=60_000), wire.content()), wire.content(), "1978"),
    ],
    ids=["hash", "stream", "channel", "time"],
)
def test_a_batch_that_its_declaration_does_not_describe_is_refused(
    batch: Batch, content: DeclarationContent, match: str
) -> None:
    with pytest.raises(NoSenml, match=match):
        senml.to_records(batch, content)


def test_a_unit_that_is_not_registered_is_refused() -> None:
    content = wire.content(streams=(wire.stream(channels=(wire.channel("a", unit="°C"), wire.channel("b"))),))
    with pytest.raises(NoSenml, match="unit"):
        senml.to_records(_cited(wire.batch(), content), content)


@pytest.mark.parametrize(("pack", "resolved"), _EXAMPLES, ids=["multiple datapoints", "multiple measurements"])
def test_the_reader_resolves_the_examples_of_rfc_8428(pack: str, resolved: str) -> None:
    assert reader.resolve(reader.from_json(pack)) == reader.from_json(resolved)


def test_the_reader_resolves_the_cbor_example_of_rfc_8428_to_the_same() -> None:
    assert reader.resolve(reader.from_cbor(_CURRENT_CBOR)) == reader.from_json(_CURRENT_RESOLVED)


@pytest.mark.parametrize("resolved", [_CURRENT_RESOLVED, _MOVING_RESOLVED], ids=["datapoints", "measurements"])
def test_our_writers_write_the_resolved_examples_of_rfc_8428_again(resolved: str) -> None:
    records = reader.from_json(resolved)
    assert reader.from_json(senml.to_json(records)) == records
    assert reader.from_cbor(senml.to_cbor(records)) == records
    assert {record["u"] for record in records} <= units.PRIMARY


def test_our_cbor_labels_are_those_of_the_rfcs_cbor_example() -> None:
    first = cbor2.loads(_CURRENT_CBOR)[0]
    ours = cbor2.loads(senml.to_cbor([{"n": "voltage", "u": "V", "v": Decimal("120.1"), "bver": 5}]))[0]
    assert {label: first[label] for label in (0, 1, -1)} == {label: ours[label] for label in (0, 1, -1)}
    assert float(ours[2]) == first[2]
