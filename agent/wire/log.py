"""The layout of a log head: where the disclosure log stands, signed so that a later rewrite shows."""

from agent.wire import chain, fields
from agent.wire.errors import MalformedPayload
from agent.wire.messages import HASH_BYTES
from agent.wire.orders import LOGS, Log, LogContent
from agent.wire.stamp import read_quality, read_utc


def log_map(log: Log) -> dict[int, object]:
    """Return the fields of a log head in its envelope, checked."""
    return chain.reserved_map(log, LOGS, "log") | {5: log_content_map(log.content)}


def read_log(value: object) -> Log:
    """Return the log head that a payload claims."""
    place, content = chain.read_reserved(value, LOGS, "log")
    return Log(**place._asdict(), content=read_log_content(content))


def log_content_map(content: LogContent) -> dict[int, object]:
    """Return the fields of a log head's content, checked: read back, it is the same."""
    layout: dict[int, object] = {
        0: content.unit,
        1: content.last,
        2: content.head,
        3: content.first,
        4: content.base,
        5: int(content.clock),
    }
    if content.utc_ms is not None:
        layout[6] = content.utc_ms
    read_log_content(layout)
    return layout


def read_log_content(value: object) -> LogContent:
    """Return the content that a payload claims."""
    layout = fields.keyed(value, "log content", required=range(6), optional=(6,))
    clock = read_quality(layout[5], "log clock")
    last = fields.uint(layout[1], "log last", most=fields.INT_MAX - 1)
    content = LogContent(
        unit=fields.name(layout[0], "log unit"),
        last=last,
        head=fields.octets(layout[2], "log head", HASH_BYTES),
        first=fields.uint(layout[3], "log first", least=1, most=last + 1),
        base=fields.octets(layout[4], "log base", HASH_BYTES),
        clock=clock,
        utc_ms=read_utc(layout, 6, clock, "log"),
    )
    if content.first > content.last and content.head != content.base:
        raise MalformedPayload("log head: a log of which no entry is kept has its base as head")
    return content
