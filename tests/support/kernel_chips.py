"""Chips as the kernel's drivers show them: names and files, where each was read, and what they mean.

All sources are files of github.com/torvalds/linux unless they say otherwise. How Industrial I/O writes numbers
(`scale` with six or nine digits) is `__iio_format_value` of drivers/iio/industrialio-core.c. The numbers are made up
but for those of the ADIS16505 and "31500", which are the documents' own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelChip:
    """One chip.

    Attributes:
        model: "iio" or "hwmon".
        attributes: its files.
        values: channel to value in our unit, as text.
        source: where names and units were read.
        channels: what a sensor must list; nothing where the device is known.
    """

    model: str
    attributes: Mapping[str, str]
    values: Mapping[str, str]
    source: str
    channels: tuple[str, ...] = ()
    parent: str = "i2c-1/1-0076"
    units: Mapping[str, str] = field(default_factory=dict)


CHIPS = {
    "bme280": KernelChip(
        model="iio",
        attributes={
            "name": "bme280",
            "in_temp_input": "21340",
            "in_temp_raw": "2134",
            "in_temp_scale": "10.000000000",
            "in_temp_oversampling_ratio": "2",
            "in_pressure_input": "100.412109375",
            "in_pressure_raw": "25705500",
            "in_pressure_scale": "0.000003906",
            "in_humidityrelative_input": "43798",
            "in_humidityrelative_raw": "44850",
            "in_humidityrelative_scale": "0.976562500",
            "sampling_frequency": "24.390243",
        },
        values={"temp": "21.340", "pressure": "100412.11", "humidityrelative": "43.798"},
        units={"temp": "Cel", "pressure": "Pa", "humidityrelative": "%RH"},
        source="drivers/iio/pressure/bmp280-core.c, as patches of 2024 quote it: processed, raw, scale",
    ),
    "scd30": KernelChip(
        model="iio",
        attributes={
            "name": "scd30",
            "in_concentration_co2_raw": "41273",
            "in_concentration_co2_scale": "0.000001",
            "in_temp_input": "-2050",
            "in_temp_calibbias": "0",
            "in_humidityrelative_input": "39560",
            "out_pressure_raw": "1013",
            "sampling_frequency": "0.500000000",
        },
        values={"concentration_co2": "412.730", "temp": "-2.050", "humidityrelative": "39.560"},
        units={"concentration_co2": "ppm"},
        source="drivers/iio/chemical/scd30_core.c, commit 05909cd9",
        parent="i2c-1/1-0061",
    ),
    "sps30": KernelChip(
        model="iio",
        attributes={
            "name": "sps30",
            "in_massconcentration_pm1_input": "5.120000",
            "in_massconcentration_pm2p5_input": "7.430000",
            "in_massconcentration_pm4_input": "8.010000",
            "in_massconcentration_pm10_input": "8.250000",
            "in_massconcentration_scale": "0.010000",
            "cleaning_period": "604800",
        },
        values={
            "massconcentration_pm1": "5.120",
            "massconcentration_pm2p5": "7.430",
            "massconcentration_pm4": "8.010",
            "massconcentration_pm10": "8.250",
        },
        units={"massconcentration_pm2p5": "ug/m3"},
        source="drivers/iio/chemical/sps30.c (SPS30_CHAN: processed, with a scale that is for its buffer only)",
        parent="i2c-1/1-0069",
    ),
    "bh1750": KernelChip(
        model="iio",
        attributes={
            "name": "bh1750",
            "in_illuminance_raw": "1234",
            "in_illuminance_scale": "0.833333",
            "in_illuminance_integration_time": "0.120060",
        },
        values={"illuminance": "1028.333"},
        units={"illuminance": "lx"},
        source="drivers/iio/light/bh1750.c, commit 0791faeb",
        parent="i2c-1/1-0023",
    ),
    "mlx90614": KernelChip(
        model="iio",
        attributes={
            "name": "mlx90614",
            "in_temp_ambient_raw": "14816",
            "in_temp_object_raw": "13100",
            "in_temp_object_calibemissivity": "1.000000000",
            "in_temp_scale": "20",
            "in_temp_offset": "-13657.500000",
        },
        values={"temp_ambient": "23.170", "temp_object": "-11.150"},
        units={"temp_object": "Cel"},
        source="drivers/iio/temperature/mlx90614.c, commit 01b944fe; the sign of its offset as in later ones",
        parent="i2c-1/1-005a",
    ),
    "htu21": KernelChip(
        model="iio",
        attributes={
            "name": "htu21",
            "in_temp_input": "25120",
            "in_humidityrelative_input": "50010",
            "battery_low": "0",
            "heater_enable": "0",
        },
        values={"temp": "25.120", "humidityrelative": "50.010"},
        source="drivers/iio/humidity/htu21.c, commit 0ea8a56d",
        parent="i2c-1/1-0040",
    ),
    "ads1115": KernelChip(
        model="iio",
        attributes={
            "name": "ads1115",
            "in_voltage0-voltage1_raw": "-1600",
            "in_voltage0-voltage1_scale": "0.062500000",
            "in_voltage0_raw": "16000",
            "in_voltage0_scale": "0.125000000",
            "in_voltage3_raw": "26667",
            "in_voltage3_scale": "0.187500000",
            "in_voltage0_label": "battery",
            "in_voltage3_label": "solar panel",
        },
        values={"voltage0-voltage1": "-0.100000", "voltage_battery": "2.000000", "voltage3": "5.000063"},
        channels=("voltage0-voltage1", "voltage:battery", "voltage3"),
        units={"voltage3": "V"},
        source="drivers/iio/adc/ti-ads1015.c, commit 0ca269a4; labels as iio_device_add_channel_label makes them",
        parent="i2c-1/1-0048",
    ),
    "hmc5883": KernelChip(
        model="iio",
        attributes={
            "name": "hmc5883",
            "in_magn_x_raw": "-217",
            "in_magn_y_raw": "33",
            "in_magn_z_raw": "480",
            "in_magn_scale": "0.000917431",
        },
        values={"magn_x": "-0.0000199083", "magn_y": "0.0000030275", "magn_z": "0.0000440367"},
        channels=("magn_x", "magn_y", "magn_z"),
        units={"magn_x": "T"},
        source="drivers/iio/magnetometer/hmc5843_core.c (HMC5843_CHANNEL: raw apart, scale by type)",
        parent="i2c-1/1-001e",
    ),
    "adis16505": KernelChip(
        model="iio",
        attributes={
            "name": "adis16505-2",
            "in_accel_x_raw": "-275924",
            "in_accel_y_raw": "-30142222",
            "in_accel_z_raw": "261265769",
            "in_accel_scale": "0.000000037",
            "in_anglvel_x_raw": "-3324626",
            "in_anglvel_y_raw": "1336980",
            "in_anglvel_z_raw": "-602983",
            "in_anglvel_scale": "0.000000006",
        },
        values={
            "accel_x": "-0.010209",
            "accel_y": "-1.115262",
            "accel_z": "9.666833",
            "anglvel_x": "-0.019948",
            "anglvel_y": "0.008022",
            "anglvel_z": "-0.003618",
        },
        channels=("accel_x", "accel_y", "accel_z", "anglvel_x", "anglvel_y", "anglvel_z"),
        units={"accel_x": "m/s2", "anglvel_x": "1/s"},
        source="Documentation/iio/adis16475.rst, commit 0c8ea05e",
        parent="spi0.0",
    ),
    "sht3x": KernelChip(
        model="hwmon",
        attributes={
            "name": "sht3x",
            "temp1_input": "31500",
            "temp1_max": "60000",
            "temp1_alarm": "0",
            "humidity1_input": "48230",
            "heater_enable": "0",
            "update_interval": "0",
        },
        values={"temp1": "31.500", "humidity1": "48.230"},
        units={"temp1": "Cel", "humidity1": "%RH"},
        source="Documentation/hwmon/sht3x.rst, commit 254a1420: 31.5 degrees are 31500",
        parent="i2c-1/1-0044",
    ),
    "ina226": KernelChip(
        model="hwmon",
        attributes={
            "name": "ina226",
            "in0_input": "12",
            "in1_input": "12640",
            "curr1_input": "-1225",
            "power1_input": "15475000",
            "shunt_resistor": "10000",
            "update_interval": "36",
        },
        values={"in0": "0.012", "in1": "12.640", "curr1": "-1.225", "power1": "15.475000"},
        units={"in1": "V", "curr1": "A", "power1": "W"},
        source="Documentation/hwmon/ina2xx.rst, commit 0f69403d",
        parent="i2c-1/1-0041",
    ),
    "nct6779": KernelChip(
        model="hwmon",
        attributes={
            "name": "nct6779",
            "temp1_input": "41000",
            "temp1_label": "SYSTIN",
            "temp2_input": "38500",
            "temp2_label": "CPUTIN",
            "temp2_fault": "1",
            "temp7_input": "47000",
            "temp7_label": "PECI Agent 0",
            "fan2_input": "1200",
            "in0_input": "792",
        },
        values={"temp_systin": "41.000", "temp_peci_agent_0": "47.000", "fan2": "20.000", "in0": "0.792"},
        channels=("temp:SYSTIN", "temp:PECI Agent 0", "fan2", "in0"),
        units={"fan2": "1/s"},
        source="Documentation/hwmon/nct6775.rst, commit 05909cd9, and sysfs-interface.rst for its files",
        parent="platform/nct6775.656",
    ),
}
