"""The layout of a status: what a unit says about itself now, and what its last will says for it."""

from collections.abc import Mapping

from agent.wire import fields
from agent.wire.errors import MalformedPayload
from agent.wire.messages import AlarmState, ClockQuality, Presence, Status, Suspected
from agent.wire.stamp import BOOT_ID_BYTES

MAX_SENSORS = 256
MAX_SUSPENDED = 64
MAX_RAISED = 4096
SENSOR_STATES = ("ok", "failing", "absent", "paused")
"""A sensor's state is its place here."""

_WORKING = SENSOR_STATES[0]
_PRESENCES = tuple(Presence)
_QUALITIES = tuple(ClockQuality)


def status_map(status: Status) -> dict[int, object]:
    """Return the fields of a status, checked: read back, it is the same."""
    layout: dict[int, object] = {
        0: fields.VERSION,
        1: status.unit,
        2: int(status.presence),
        3: status.session,
        4: status.software,
        5: status.boot_id,
        6: status.uptime_ms,
        8: int(status.clock),
        9: [[sensor, _state(state)] for sensor, state in sorted(status.sensors.items())],
        10: [list(item) for item in sorted(status.suspended.items())],
        11: status.rows_waiting,
        12: status.simulated,
    }
    if status.utc_ms is not None:
        layout[7] = status.utc_ms
    if status.alarms:
        layout[13] = [[*place, int(state)] for place, state in sorted(status.alarms.items())]
    if status.suspected:
        layout[14] = [[sensor, int(since)] for sensor, since in sorted(status.suspected.items())]
    read_status(layout)
    return dict(sorted(layout.items()))


def read_status(value: object) -> Status:
    """Return the status that a payload claims."""
    layout = fields.keyed(value, "status", required=(*range(7), *range(8, 13)), optional=(7, 13, 14))
    fields.version(layout, "status")
    sensors = _read_sensors(layout[9])
    return Status(
        unit=fields.name(layout[1], "status unit"),
        presence=_PRESENCES[fields.uint(layout[2], "status presence", most=len(_PRESENCES) - 1)],
        session=fields.uint(layout[3], "status session"),
        software=fields.text(layout[4], "status software"),
        boot_id=fields.octets(layout[5], "status boot id", BOOT_ID_BYTES),
        uptime_ms=fields.uint(layout[6], "status uptime"),
        utc_ms=fields.optional(layout, 7, lambda value: fields.uint(value, "status utc")),
        clock=_QUALITIES[fields.uint(layout[8], "status clock", most=len(_QUALITIES) - 1)],
        sensors=sensors,
        suspended=_read_suspended(layout[10]),
        rows_waiting=fields.uint(layout[11], "status rows waiting"),
        simulated=fields.boolean(layout[12], "status simulated"),
        alarms=fields.given(layout, 13, _read_alarms, {}),
        suspected=fields.given(layout, 14, lambda value: _read_suspected(value, sensors), {}),
    )


def _state(state: str) -> int:
    if state not in SENSOR_STATES:
        raise MalformedPayload(f"status sensor state: expected one of {', '.join(SENSOR_STATES)}")
    return SENSOR_STATES.index(state)


def _pairs(value: object, what: str, *, most: int) -> list[tuple[str, object]]:
    items = [fields.array(item, what, least=2, most=2) for item in fields.array(value, what, most=most)]
    pairs = [(fields.name(item[0], what), item[1]) for item in items]
    fields.ascending((name for name, _ in pairs), what)
    return pairs


def _read_sensors(value: object) -> dict[str, str]:
    most = len(SENSOR_STATES) - 1
    return {
        sensor: SENSOR_STATES[fields.uint(state, "status sensor state", most=most)]
        for sensor, state in _pairs(value, "status sensors", most=MAX_SENSORS)
    }


def _read_suspected(value: object, states: Mapping[str, str]) -> dict[str, Suspected]:
    suspected = {
        sensor: Suspected(fields.uint(since, "status suspicion", least=min(Suspected), most=max(Suspected)))
        for sensor, since in _pairs(value, "status suspicions", most=MAX_SENSORS)
    }
    if any(states.get(sensor) != _WORKING for sensor in suspected):
        raise MalformedPayload(f"status suspicion: expected a sensor that is there, with state {_WORKING}")
    return suspected


def _read_alarms(value: object) -> dict[tuple[str, str], AlarmState]:
    items = [
        fields.array(item, "status alarm", least=3, most=3)
        for item in fields.array(value, "status alarms", most=MAX_RAISED)
    ]
    found = {
        (fields.stream(stream, "status alarm stream"), fields.name(name, "status alarm")): AlarmState(
            fields.uint(state, "status alarm state", least=1, most=max(AlarmState))
        )
        for stream, name, state in items
    }
    if list(found) != sorted(found) or len(found) != len(items):
        raise MalformedPayload("status alarms: expected ascending order, each once")
    return found


def _read_suspended(value: object) -> dict[str, str]:
    return {
        stream: fields.text(reason, "status reason")
        for stream, reason in _pairs(value, "status suspended", most=MAX_SUSPENDED)
    }
