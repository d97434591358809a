"""Runs mutmut on a copy of the tree, in an environment of its own that sees the libraries of ours."""

import os
import resource
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Final

from tests.mutation.score import forget_survivors
from tests.mutation.tree import copy, lift_properties

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGE: Final = Path("agent/privacy")
_REQUIREMENTS: Final = Path(__file__).with_name("requirements.txt")
_MEMORY_BYTES: Final = 4 << 30
"""A mutant whose loop never ends must not take the machine with it."""
_PRIVACY_TESTS: Final = "tests/agent/privacy"
_SOURCE_READERS: Final = (
    "test_package.py",
    "test_released.py::test_no_source_outside_the_privacy_package_makes_a_released_row",
    "test_laplace.py::test_laplace_knows_neither_floats_nor_division_nor_mathematics",
)
"""Left out, because they read the source, in which every mutant stands at once."""
_STATISTICS: Final = (
    "test_noise_properties.py::test_one_event_more_makes_nothing_more_than_e_to_the_epsilon_times_as_likely",
    "test_noise_properties.py::test_half_the_noise_is_found_out",
)
"""Left out, because each takes tens of thousands of windows; without them the score can only be lower."""


class Failed(Exception):
    """There is nothing to score: mutmut could not run."""


def environment() -> Path:
    """Return the interpreter that has mutmut, installed where it is not yet."""
    home = ROOT / ".venvs" / "mutation"
    stamp, wanted = home / ".installed", _REQUIREMENTS.read_text()
    if not stamp.exists() or stamp.read_text() != wanted:
        venv.create(home, clear=True, with_pip=True)
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        (home / "lib" / version / "site-packages" / "ours.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
        pip = [str(home / "bin" / "pip"), "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([*pip, "--requirement", str(_REQUIREMENTS)], check=True)
        stamp.write_text(wanted)
    return home / "bin" / "python"


def prepare(target: Path, modules: list[str]) -> None:
    """Copy the tree and write there what is to be mutated; all of the package without a list.

    Where an earlier run was made, what it killed stays killed, as long as the function is the same.

    Raises:
        Failed: there is no such module.
    """
    copy(ROOT, target)
    for path in (target / PACKAGE).glob("*.py"):
        path.write_text(lift_properties(path.read_text()))
    missing = [module for module in modules if not (target / PACKAGE / f"{module}.py").exists()]
    if missing:
        raise Failed(f"{PACKAGE} has no module {', '.join(missing)}: name modules without .py, or none for all")
    (target / "setup.cfg").write_text(_configuration(modules))
    forget_survivors(target / "mutants" / PACKAGE)
    (target / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)


def _configuration(modules: list[str]) -> str:
    options = {
        "source_paths": [str(PACKAGE)],
        "only_mutate": [str(PACKAGE / f"{module}.py") for module in modules or ["*"]],
        "also_copy": ["agent", "config", "docs", "drivers", "receiver", "systemd", "README.md"],
        "pytest_add_cli_args": ["-p", "tests.mutation.plugin", "-p", "no:cacheprovider"],
        "pytest_add_cli_args_test_selection": [
            _PRIVACY_TESTS,
            *(f"--deselect={_PRIVACY_TESTS}/{name}" for name in _SOURCE_READERS + _STATISTICS),
        ],
    }
    lines = (f"{key} =\n" + "".join(f"    {value}\n" for value in values) for key, values in options.items())
    return "[mutmut]\nuse_git_change_detection = false\n" + "".join(lines)


def run(python: Path, target: Path, *, processes: int) -> Path:
    """Run every mutant and return the mutated package.

    Raises:
        Failed: the tests do not pass without a mutant, or mutmut ended otherwise; its output was shown.
    """
    done = subprocess.run(
        [str(python), "tests/mutation/staged.py", "run", "--max-children", str(processes)],
        cwd=target,
        env=os.environ | {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=_limit_memory,
        check=False,
    )
    if done.returncode:
        raise Failed(f"mutmut ended with {done.returncode}")
    return target / "mutants" / PACKAGE


def _limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
