"""The sensor models that exist, by name. A model's code is imported when it is asked for, and no other.

In: a name from the configuration. Out: its model. Never: an import of a driver that the configuration does not name.
"""

import difflib
import importlib
from collections.abc import Mapping
from types import MappingProxyType

from drivers.model import I2cModel, ModbusModel, Model, SerialModel, SysfsModel

MODELS: Mapping[str, str] = MappingProxyType(
    {
        "ads1115": "drivers.ads1115",
        "aht20": "drivers.aht20",
        "bh1750": "drivers.bh1750",
        "bme280": "drivers.bme280",
        "bme680": "drivers.bme680",
        "bmp280": "drivers.bmp280",
        "bmp388": "drivers.bmp388",
        "ds3231": "drivers.ds3231",
        "gnss": "drivers.gnss",
        "hdc1080": "drivers.hdc1080",
        "hwmon": "drivers.hwmon",
        "iio": "drivers.iio",
        "ina219": "drivers.ina219",
        "ina226": "drivers.ina226",
        "lis3dh": "drivers.lis3dh",
        "lm75": "drivers.lm75",
        "mac_scanner": "drivers.mac_scanner",
        "maxbotix": "drivers.maxbotix",
        "mcp9808": "drivers.mcp9808",
        "mhz19b": "drivers.mhz19b",
        "mlx90614": "drivers.mlx90614",
        "ms5837": "drivers.ms5837",
        "ops243": "drivers.ops243",
        "pms5003st": "drivers.pms5003st",
        "pms5003t": "drivers.pms5003t",
        "pmsx003": "drivers.pmsx003",
        "rg15": "drivers.rg15",
        "scd30": "drivers.scd30",
        "scd4x": "drivers.scd4x",
        "sds011": "drivers.sds011",
        "sds198": "drivers.sds198",
        "sen5x": "drivers.sen5x",
        "sht3x": "drivers.sht3x",
        "sht4x": "drivers.sht4x",
        "sps30": "drivers.sps30",
        "sps30_serial": "drivers.sps30_serial",
        "tfmini": "drivers.tfmini",
        "tmp102": "drivers.tmp102",
        "tmp117": "drivers.tmp117",
        "veml7700": "drivers.veml7700",
    }
)
"""Name of each model, as written in the configuration, and the package that exports it as ``MODEL``."""


_MEANT: Mapping[str, str] = MappingProxyType(
    {
        "pms1003": "pmsx003",
        "pms5003": "pmsx003",
        "pms7003": "pmsx003",
        "pmsa003": "pmsx003",
        "sds018": "sds011",
        "sds021": "sds011",
    }
)
"""Part numbers whose model is not the one whose name is nearest, or that no name is near to."""


class UnknownModel(LookupError):
    """No model has that name.

    Attributes:
        name: what was asked for.
        suggestion: the name that was probably meant, None when nothing is near.
    """

    def __init__(self, name: str, suggestion: str | None) -> None:
        meant = f"; did you mean {suggestion}" if suggestion else ""
        super().__init__(f"no sensor model is called {name!r}{meant}. Models: {', '.join(names())}")
        self.name = name
        self.suggestion = suggestion


def names() -> tuple[str, ...]:
    """Return the names of all models that are built in, sorted."""
    return tuple(sorted(MODELS))


def load(name: str) -> Model:
    """Return the model called `name`, importing its package: ours, or another one that brings it (`drivers.plugins`).

    Raises:
        UnknownModel: there is none.
        PluginError: another package brings it, and it cannot be used.
    """
    package = MODELS.get(name)
    if package is None:
        return _load_foreign(name)
    model = importlib.import_module(package).MODEL
    if not isinstance(model, I2cModel | SerialModel | ModbusModel | SysfsModel):
        raise TypeError(f"{package}.MODEL must be an I2cModel, a SerialModel, a ModbusModel or a SysfsModel")
    return model


def _load_foreign(name: str) -> Model:
    """Return the model that another package brings."""
    from drivers import plugins  # noqa: PLC0415 - few units have any

    model = plugins.load(name)
    if model is None:
        raise UnknownModel(name, suggest(name))
    return model


def suggest(name: str) -> str | None:
    """Return the model name nearest to `name`, None when nothing is near."""
    written = name.lower().replace("-", "_")
    near = difflib.get_close_matches(written, MODELS, n=1, cutoff=0.6)
    return _MEANT.get(written.replace("_", "")) or (near[0] if near else None)
