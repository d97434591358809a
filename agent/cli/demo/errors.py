"""What can go wrong with a demonstration.

DemoError          it cannot be shown here; the text says what to do
`-- ChildDied      one of its processes ended by itself; carries the last lines of its log
"""

from agent.errors import LamppostError


class DemoError(LamppostError):
    """The demonstration cannot be shown."""


class ChildDied(DemoError):
    """A process ended that should not have.

    Attributes:
        name: which one.
        code: its exit code, negative for the number of a signal.
        lines: the last lines of its log.
    """

    def __init__(self, name: str, *, code: int, lines: list[str]) -> None:
        self.name = name
        self.code = code
        self.lines = lines
        said = "".join(f"\n    {line}" for line in lines) or "\n    (nothing)"
        text = f"{name}: this process ended by itself, with exit code {code}. The last lines of its log:"
        super().__init__(text + said)
