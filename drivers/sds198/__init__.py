"""Nova Fitness SDS198: coarse particulate matter on a serial line."""

from drivers.model import Delivery, SerialModel
from drivers.reading import Channel
from drivers.sds198.driver import REPORT_TIMEOUT_S, Options, Sds198

_HIGHEST_WORD = 0xFFFE

MODEL = SerialModel(
    name="sds198",
    title="Nova Fitness SDS198",
    agreement=(
        "capture of a real sensor (tests/captures/sds198.hexdump)",
        "independent driver: pypms on the simulated sensor (tests/agreement/agree_serial_air.py)",
    ),
    channels=(
        Channel(
            name="pm100",
            title="PM100",
            property="http://qudt.org/vocab/quantitykind/MassConcentration",
            unit="ug/m3",
            minimum=0,
            maximum=_HIGHEST_WORD,
        ),
    ),
    delivery=Delivery.PUSHED,
    interval_s=1.0,
    fastest_s=1.0,
    timeout_s=REPORT_TIMEOUT_S + 1.0,  # so that the driver can say first what is wrong
    options=Options,
    baudrate=9600,
    create=Sds198,
)
"""What the registry and the configuration checker know of this sensor."""
