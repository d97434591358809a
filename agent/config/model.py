"""The whole configuration file of a unit: which tables there are. What stands in them is in the modules beside.

The checker walks a file along these structs, the JSON Schema for editors and its texts are made from them. Each key
is explained in its struct's docstring; a test fails when one is not. Rules over several keys are in `check`.
"""

from msgspec import Struct

from agent.config.model_delivery import Budget, Buffer, Uplink
from agent.config.model_sensors import Bus, Sensor
from agent.config.model_streams import Stream
from agent.config.model_unit import Clock, Control, Unit
from agent.config.model_values import Name


class Configuration(Struct, frozen=True, kw_only=True):
    """The whole file.

    Attributes:
        unit: Who and where the unit is.
        bus: The I2C adapters and serial lines.
        sensor: The sensors.
        stream: The datasets that leave.
        uplink: The city's broker.
        buffer: Where data waits for the network.
        budget: What may be sent.
        clock: Where wall time comes from.
        control: Who may order the unit to hold, suspend or purge a stream.
    """

    unit: Unit
    bus: dict[Name, Bus] = {}
    sensor: dict[Name, Sensor]
    stream: dict[Name, Stream]
    uplink: Uplink
    buffer: Buffer = Buffer()
    budget: Budget = Budget()
    clock: Clock = Clock()
    control: Control = Control()
