"""mutmut's command line, with one change: the tests of a mutant's own module run first, and mostly those suffice.

After them run the others, the quickest first, and without the slow ones: a few property tests take longer than all
others together, and without them the score can only be lower.

Run by the interpreter of the environment that has mutmut: ``staged.py run``. To collect all tests that ever come
through a function, as mutmut alone does for each mutant, takes longer than to run those few.
"""

import re
from collections.abc import Iterable
from typing import Final

from mutmut.__main__ import cli  # type: ignore[import-not-found]  # lives in .venvs/mutation only
from mutmut.runners.harness import PytestRunner  # type: ignore[import-not-found]  # the same
from mutmut.state import state  # type: ignore[import-not-found]  # the same

_SLOW_S: Final = 0.25
_run_tests = PytestRunner.run_tests


def in_stages(runner: object, *, mutant_name: str | None, tests: Iterable[str]) -> int:
    """Return the exit code of the module's own tests, or that of all others when those notice nothing."""
    module = re.search(r"(\w+)\.\w+$", mutant_name or "")
    if module is None:
        return int(_run_tests(runner, mutant_name=mutant_name, tests=tests))
    own = re.compile(rf".*/test_{module[1]}(_\w+)?\.py::")
    costs_s = state().duration_by_test
    stages: tuple[list[str], list[str]] = ([], [])
    for test in sorted(tests, key=lambda test: costs_s.get(test, 0)):
        is_own = own.match(test) is not None
        if is_own or costs_s.get(test, 0) < _SLOW_S:
            stages[not is_own].append(test)
    codes = (int(_run_tests(runner, mutant_name=mutant_name, tests=stage)) for stage in stages if stage)
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    PytestRunner.run_tests = in_stages
    cli()
