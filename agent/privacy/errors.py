"""What the privacy filter raises.

LamppostError
`-- PrivacyError
    |-- IllegalStream   a stream that releases what its sensors' classes do not permit
    |-- NoLedger        a stream with noise was given nothing to pay for it from
    |-- NoRandomness    the source of random bytes gave no usable key, or no noise
    `-- RuleBroken      a rule let through what the declaration does not allow; the row was withheld

None of them carries a measured value: texts name streams, channels and rules only.
"""

from agent.errors import LamppostError
from agent.privacy.problem import Problem


class PrivacyError(LamppostError):
    """Base of everything this package raises on purpose."""


class IllegalStream(PrivacyError):
    """A stream that releases what its sensors' classes do not permit; no filter is built for it.

    Attributes:
        stream: its identifier.
        problems: all of them.
    """

    def __init__(self, stream: str, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.stream = stream
        self.problems = problems


class NoLedger(PrivacyError):
    """A stream with noise was given no ledger, or one of another epsilon; no filter is built for it."""


class NoRandomness(PrivacyError):
    """The source of random bytes gave no usable key, or no noise."""


class RuleBroken(PrivacyError):
    """A rule let through what the declaration does not allow; the row was withheld."""
