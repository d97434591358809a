"""Winsen MH-Z19B: carbon dioxide on a serial line."""

from drivers.mhz19b.driver import ANSWER_TIMEOUT_S, ATTEMPTS, WARM_UP_S, Mhz19b, Options
from drivers.model import SerialModel
from drivers.reading import Channel

MODEL = SerialModel(
    name="mhz19b",
    title="Winsen MH-Z19B",
    agreement=(
        "worked example of Winsen: 544 ppm (tests/drivers/mhz19b/test_decode.py)",
        "capture of a real sensor (tests/captures/mhz19b.hexdump)",
        "independent driver: pypms on the simulated sensor (tests/agreement/agree_serial_air.py)",
    ),
    warm_up_s=WARM_UP_S,
    channels=(
        Channel(
            name="co2",
            title="Carbon dioxide",
            property="http://qudt.org/vocab/quantitykind/MoleFraction",
            unit="ppm",
            minimum=0,
            maximum=10_000,
            accuracy="unverified: other projects have ±(50 ppm + 3 %) or ±(50 ppm + 5 %), to 5000 ppm",
        ),
    ),
    interval_s=30.0,
    fastest_s=5.0,
    timeout_s=ATTEMPTS * ANSWER_TIMEOUT_S + 1.0,  # so that the driver can say first what is wrong
    options=Options,
    baudrate=9600,
    create=Mhz19b,
)
"""What the registry and the configuration checker know of this sensor."""
