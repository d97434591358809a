"""The self-test: canaries go through a fresh instance of a stream's real filter before the stream may release.

The positive control comes with it: the exact numbers must come out, so a filter that merely withholds everything
fails as well. A stream whose report has not passed stays suspended, and says why.
"""

from collections.abc import Callable
from dataclasses import dataclass

from agent.privacy.canaries import Flock, canary
from agent.privacy.filter import StreamFilter
from agent.privacy.rehearsal import STRANGER, crowd_size
from agent.privacy.spec import StreamSpec
from agent.privacy.stage import Failed, Stage, play_partial, play_scenes, play_walks
from drivers.reading import Sensitivity


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryReport:
    """Whether a stream may release.

    Attributes:
        stream: its identifier.
        passed: every rule did what it must.
        reason: what did not, in words and without data; empty when it passed.
        canaries: how many identifiers were sent through.
    """

    stream: str
    passed: bool
    reason: str
    canaries: int


def self_test(spec: StreamSpec, make_filter: Callable[..., StreamFilter]) -> CanaryReport:
    """Return whether the filter that `make_filter` makes afresh keeps every rule of the stream.

    Nothing it releases goes anywhere, and no budget is spent. Costs some milliseconds.

    Args:
        spec: the stream.
        make_filter: makes a filter as the unit does, ``partial(StreamFilter, spec=spec, random_bytes=os.urandom)``;
            for a stream with noise it is given a ledger that nobody else has, and in turn a `sampler` or a `spec`.
    """
    reason = ""
    identifiers = _identifiers(spec)
    try:
        flock = Flock([STRANGER, *identifiers])
        if spec.noise is not None:
            from agent.privacy.noise_stage import play_with_noise  # noqa: PLC0415 - see `agent.privacy.payment`

            play_with_noise(spec, spec.noise, make_filter, flock=flock)
        else:
            for play in (play_scenes, play_partial, play_walks):
                play(Stage(spec, make_filter(), flock))
    except Failed as failure:
        reason = str(failure)
    except Exception as error:  # noqa: BLE001  fails closed: a filter that cannot be tested is not used
        reason = f"the filter raised {type(error).__name__}"
    return CanaryReport(stream=spec.name, passed=not reason, reason=reason, canaries=len(identifiers))


def _identifiers(spec: StreamSpec) -> list[bytes]:
    named = any(channel.source.sensitivity is Sensitivity.IDENTIFIER for channel in spec.channels)
    return [canary(number) for number in range(crowd_size(spec) if named else 0)]
