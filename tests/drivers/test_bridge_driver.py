"""Every simulated tree reads as its chip's kernel driver means it; and what can go wrong."""

from decimal import Decimal
from pathlib import Path

import pytest

from drivers import registry
from drivers.bridge_driver import BridgeDriver
from drivers.errors import BusFault, BusGone, InvalidData, NoAcknowledge, NotReady
from drivers.model import SysfsModel
from drivers.reading import Reading
from tests.support.buses import ManualClock
from tests.support.kernel_chips import CHIPS, KernelChip
from tests.support.sysfs import Device, FakeSysfs, PlainTree


def _put(sysfs: FakeSysfs, chip: KernelChip, number: int = 0, **more: str) -> Device:
    place = sysfs.iio if chip.model == "iio" else sysfs.hwmon
    return place(number, {**chip.attributes, **more}, parent=chip.parent)


def _driver(chip: KernelChip, tree: PlainTree, **options: object) -> tuple[BridgeDriver, SysfsModel]:
    model = registry.load(chip.model)
    assert isinstance(model, SysfsModel)
    asked: dict[str, object] = {"device": chip.attributes["name"], "channels": chip.channels}
    given = model.options(**asked | options)
    driver = model.create(tree, ManualClock(), given)
    assert isinstance(driver, BridgeDriver)
    fitted = model.fitted(given)
    return driver, fitted


@pytest.fixture
def sysfs(tmp_path: Path) -> FakeSysfs:
    return FakeSysfs(tmp_path / "sys")


@pytest.fixture
def tree(sysfs: FakeSysfs) -> PlainTree:
    return PlainTree(sysfs.root)


async def _sample(driver: BridgeDriver) -> Reading:
    await driver.open()
    return await driver.sample()


def _shown(model: SysfsModel, reading: Reading) -> dict[str, str]:
    shown = {}
    for channel in model.channels:
        value = reading.values[channel.name]
        assert isinstance(value, int)
        shown[channel.name] = f"{Decimal(value).scaleb(channel.exponent):f}"
    return shown


@pytest.mark.parametrize("name", CHIPS)
async def test_sample_of_each_kernel_driver_is_what_its_files_mean(
    name: str, sysfs: FakeSysfs, tree: PlainTree
) -> None:
    chip = CHIPS[name]
    _put(sysfs, chip)
    driver, model = _driver(chip, tree)
    reading = await _sample(driver)
    assert _shown(model, reading) == chip.values
    for channel in model.channels:
        assert channel.minimum <= int(str(reading.values[channel.name])) <= channel.maximum
        assert chip.units.get(channel.name, channel.unit) == channel.unit


def test_chips_there_are_at_least_ten() -> None:
    assert len(CHIPS) >= 10


@pytest.mark.parametrize("name", CHIPS)
async def test_open_finds_the_device_by_name_among_others_under_any_number(
    name: str, sysfs: FakeSysfs, tree: PlainTree
) -> None:
    for number, (other, chip) in enumerate(CHIPS.items()):
        if other != name:
            _put(sysfs, chip, number)
    _put(sysfs, CHIPS[name], 90)
    driver, model = _driver(CHIPS[name], tree)
    assert _shown(model, await _sample(driver)) == CHIPS[name].values


@pytest.mark.parametrize("name", CHIPS)
async def test_sample_while_the_kernel_has_no_value_is_not_available(
    name: str, sysfs: FakeSysfs, tree: PlainTree
) -> None:
    chip = CHIPS[name]
    _put(sysfs, chip)
    driver, model = _driver(chip, tree)
    await driver.open()
    for file in chip.attributes:
        if file != "name" and not file.endswith("label"):
            tree.failing[file] = None
    reading = await driver.sample()
    assert dict(reading.values) == {channel.name: None for channel in model.channels}
    assert reading.raw == {}


@pytest.mark.parametrize("content", ["", "21 C", "0x10", "nan", "1e3", "-", "1.2.3", "99999999999999999999999"])
async def test_sample_of_a_file_without_a_number_is_invalid_and_not_told(
    content: str, sysfs: FakeSysfs, tree: PlainTree
) -> None:
    device = _put(sysfs, CHIPS["sht3x"])
    driver, _ = _driver(CHIPS["sht3x"], tree)
    await driver.open()
    device.write(temp1_input=content)
    with pytest.raises(InvalidData, match="temp1_input holds no plain number") as caught:
        await driver.sample()
    assert not content or content not in str(caught.value).replace("temp1_input", "")


async def test_sample_when_another_device_has_taken_the_number_fails_and_reopening_finds_it(
    sysfs: FakeSysfs, tree: PlainTree
) -> None:
    device = _put(sysfs, CHIPS["htu21"])
    driver, model = _driver(CHIPS["htu21"], tree)
    await _sample(driver)
    device.renumber(1)
    sysfs.iio(0, {**CHIPS["htu21"].attributes, "name": "si7020"}, parent="i2c-3/3-0040")
    with pytest.raises(BusGone, match="another device has this number now"):
        await driver.sample()
    await driver.close()
    assert _shown(model, await _sample(driver)) == CHIPS["htu21"].values


async def test_sample_passes_on_what_the_tree_raises(sysfs: FakeSysfs, tree: PlainTree) -> None:
    _put(sysfs, CHIPS["htu21"])
    driver, _ = _driver(CHIPS["htu21"], tree)
    await driver.open()
    tree.failing["in_temp_input"] = BusFault("broken", bus="x")
    with pytest.raises(BusFault, match="broken"):
        await driver.sample()


async def test_sample_before_open_and_after_close_is_not_ready(sysfs: FakeSysfs, tree: PlainTree) -> None:
    _put(sysfs, CHIPS["htu21"])
    driver, _ = _driver(CHIPS["htu21"], tree)
    with pytest.raises(NotReady):
        await driver.sample()
    await driver.open()
    await driver.close()
    assert (tree.opened, tree.closed) == (1, 1)
    with pytest.raises(NotReady):
        await driver.sample()


async def test_open_without_the_device_says_what_there_is(sysfs: FakeSysfs, tree: PlainTree) -> None:
    _put(sysfs, CHIPS["bh1750"])
    driver, _ = _driver(CHIPS["htu21"], tree)
    with pytest.raises(NoAcknowledge, match=r"no iio device 'htu21'; there are: bh1750\. Is its driver loaded"):
        await driver.open()


async def test_open_in_a_tree_without_devices_says_so(tree: PlainTree) -> None:
    driver, _ = _driver(CHIPS["sht3x"], tree)
    with pytest.raises(NoAcknowledge, match="no hwmon device 'sht3x'; there is none at all"):
        await driver.open()


async def test_open_of_two_devices_with_one_name_asks_which(sysfs: FakeSysfs, tree: PlainTree) -> None:
    sysfs.iio(0, CHIPS["bme280"].attributes, parent="i2c-1/1-0076")
    sysfs.iio(1, {**CHIPS["bme280"].attributes, "in_temp_input": "5000"}, parent="i2c-1/1-0077")
    driver, _ = _driver(CHIPS["bme280"], tree)
    with pytest.raises(InvalidData, match=r"2 devices 'bme280'.*option parent.*'1-0076', '1-0077'.* or label"):
        await driver.open()
    driver, _ = _driver(CHIPS["bme280"], tree, parent="1-0077")
    assert (await _sample(driver)).values["temp"] == 5000


async def test_open_of_two_hwmon_devices_with_one_name_names_what_they_are_attached_to(
    sysfs: FakeSysfs, tree: PlainTree
) -> None:
    sysfs.hwmon(0, CHIPS["sht3x"].attributes, parent="i2c-1/1-0044")
    sysfs.hwmon(1, CHIPS["sht3x"].attributes, parent="i2c-1/1-0045")
    driver, _ = _driver(CHIPS["sht3x"], tree)
    with pytest.raises(InvalidData, match="'1-0044', '1-0045'"):
        await driver.open()


async def test_open_tells_devices_with_one_name_apart_by_label(sysfs: FakeSysfs, tree: PlainTree) -> None:
    sysfs.iio(0, {**CHIPS["bme280"].attributes, "label": "outside"}, parent="i2c-1/1-0076")
    sysfs.iio(1, {**CHIPS["bme280"].attributes, "label": "box", "in_temp_input": "5000"}, parent="i2c-1/1-0077")
    driver, _ = _driver(CHIPS["bme280"], tree, label="box")
    assert (await _sample(driver)).values["temp"] == 5000
    driver, _ = _driver(CHIPS["bme280"], tree, label="attic")
    with pytest.raises(NoAcknowledge, match="'bme280' with label 'attic'"):
        await driver.open()


async def test_open_of_a_device_without_the_channel_says_which_it_has(sysfs: FakeSysfs, tree: PlainTree) -> None:
    _put(sysfs, CHIPS["ads1115"])
    driver, _ = _driver(CHIPS["ads1115"], tree, channels=("voltage2",))
    with pytest.raises(InvalidData, match="no channel 'voltage2'; it has: voltage0, voltage0-voltage1, voltage3"):
        await driver.open()


async def test_open_with_a_label_that_no_channel_has_says_which_there_are(sysfs: FakeSysfs, tree: PlainTree) -> None:
    _put(sysfs, CHIPS["nct6779"])
    driver, _ = _driver(CHIPS["nct6779"], tree, channels=("temp:AUXTIN",))
    expected = "no temp labelled 'AUXTIN'; its labels are: 'CPUTIN', 'PECI Agent 0', 'SYSTIN'"
    with pytest.raises(InvalidData, match=expected):
        await driver.open()


async def test_sample_of_a_channel_at_fault_is_not_available(sysfs: FakeSysfs, tree: PlainTree) -> None:
    _put(sysfs, CHIPS["nct6779"])
    driver, _ = _driver(CHIPS["nct6779"], tree, channels=("temp2", "temp1"))
    assert dict((await _sample(driver)).values) == {"temp2": None, "temp1": 41000}


async def test_sample_of_power_that_is_only_averaged_is_the_average(sysfs: FakeSysfs, tree: PlainTree) -> None:
    sysfs.hwmon(0, {"name": "power_meter", "power1_average": "2500000"})
    driver, _ = _driver(CHIPS["ina226"], tree, device="power_meter", channels=("power1",))
    assert (await _sample(driver)).values["power1"] == 2_500_000


async def test_open_of_a_raw_value_without_a_scale_is_refused(sysfs: FakeSysfs, tree: PlainTree) -> None:
    sysfs.iio(0, {"name": "odd", "in_temp_raw": "5", "in_current0_raw": "7", "scale_available": "1"})
    driver, _ = _driver(CHIPS["htu21"], tree, device="odd", channels=("temp",))
    with pytest.raises(InvalidData, match="in_temp_raw has no scale beside it"):
        await driver.open()
    driver, _ = _driver(CHIPS["htu21"], tree, device="odd", channels=("current0",))
    assert (await _sample(driver)).values["current0"] == 7000, "the ABI says: without a scale, in milliamperes"


async def test_sample_uses_a_scale_that_all_channels_share(sysfs: FakeSysfs, tree: PlainTree) -> None:
    sysfs.iio(0, {"name": "odd", "in_voltage0_raw": "5", "in_temp_raw": "3", "in_scale": "10", "scale": "2"})
    driver, _ = _driver(CHIPS["htu21"], tree, device="odd", channels=("voltage0", "temp"))
    assert dict((await _sample(driver)).values) == {"voltage0": 50_000, "temp": 30}
