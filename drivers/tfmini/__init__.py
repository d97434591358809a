"""Benewake TFmini: distance by light, on a serial line."""

from drivers.model import Delivery, SerialModel
from drivers.reading import Channel
from drivers.tfmini.driver import FRAME_TIMEOUT_S, Options, Tfmini

MODEL = SerialModel(
    name="tfmini",
    title="Benewake TFmini-S, TFmini Plus, TFmini",
    agreement=("independent driver: adafruit_tfmini on the simulated sensor (tests/agreement/agree_tfmini.py)",),
    channels=(
        Channel(
            name="distance",
            title="Distance to what reflects",
            property="http://qudt.org/vocab/quantitykind/Distance",
            unit="cm",
            minimum=10,
            maximum=1200,
            accuracy="TFmini-S ±6 cm from 0.1 to 6 m, ±1 % from 6 to 12 m (SJ-GU-TFmini-S-01 A00, page 2); TFmini "
            "Plus ±5 cm from 0.1 to 6 m, ±1 % from 6 to 12 m (SJ-GU-TFmini-Plus-01 A04, page 1); TFmini ±4 cm from "
            "0.3 to 6 m, ±6 cm from 6 to 12 m (SJ-GU-TFmini-T-01 A01, page 1)",
        ),
        Channel(
            name="strength",
            title="Strength of the echo",
            property="http://qudt.org/vocab/quantitykind/Dimensionless",
            unit="/",
            minimum=0,
            maximum=0xFFFE,
        ),
        Channel(
            name="temperature",
            title="Temperature of the chip",
            property="http://qudt.org/vocab/quantitykind/Temperature",
            unit="Cel",
            exponent=-3,
            minimum=-40_000,
            maximum=100_000,
        ),
    ),
    delivery=Delivery.PUSHED,
    interval_s=0.1,
    fastest_s=0.01,
    timeout_s=FRAME_TIMEOUT_S + 2.0,  # a reading may have to wait a second; the driver says first what is wrong
    options=Options,
    baudrate=115_200,
    create=Tfmini,
)
"""What the registry and the configuration checker know of this sensor."""
