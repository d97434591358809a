"""Rules about the size of the declaration: it must have a form on the wire, and a place in the buffer.

In: settings that are right otherwise. Out: problems. Never: a guess; the declaration is made and measured.
"""

from typing import Final

from agent import declaration
from agent.config.plans import Settings
from agent.tomlfile import Size, Table, quoted
from agent.wire import payload
from agent.wire.errors import MalformedPayload

_SHARE: Final = 6
"""The store holds it as content and as envelope, both again when the configuration changes, and data beside them."""


def check_size(root: Table, settings: Settings) -> None:
    """Report a declaration that the wire format or the buffer cannot hold."""
    content = declaration.content(settings, thumbprint=bytes(32), simulated=False)
    try:
        size = len(payload.content_bytes(content))
    except MalformedPayload as error:
        root.problem(
            "stream",
            "declaration-too-large",
            "the declaration of these streams has no form on the wire",
            expected="fewer streams and channels, or shorter texts",
            found=str(error),
        )
        return
    least = _SHARE * size
    if settings.limits.max_bytes < least:
        buffer = root.table("buffer")
        buffer.problem(
            "max_bytes" if "max_bytes" in buffer.written else None,
            "buffer-too-small",
            "the declaration of these streams would leave no room for data",
            expected=f"at least {Size(-(-least // 1000) * 1000).written()}",
            found=quoted(Size(settings.limits.max_bytes).written()),
        )
