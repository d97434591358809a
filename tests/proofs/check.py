"""Proof: `lamppost check` finds every mistake, each on its line, and nothing else.

Thirty mistakes in one valid file; the same file with each one of them mended in turn; the file with all of them
mended; `config/unit.toml`; and ten files with one syntax error each. The real command runs as a process.
What to expect is written in the files themselves, so the proof compares two independent statements, both ways.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MISTAKES = ROOT / "tests/configs/thirty-mistakes.toml"
SYNTAX = ROOT / "tests/configs/syntax"
CLEAN = ROOT / "config/unit.toml"
_NOTE = re.compile(r"  # mistake: (?P<code>[a-z0-9-]+) ->(?P<right>.*)$")
_EXPECTED_LINE = re.compile(r"^# error in line (\d+)$", re.MULTILINE)

Finding = tuple[int, str]


@dataclass(frozen=True)
class Result:
    """What the command said: exit code, errors as (line, code), number of warnings."""

    exit_code: int
    errors: Counter[Finding]
    warnings: int


def annotated(text: str) -> Counter[Finding]:
    """Return the mistakes that a text says it has."""
    found: Counter[Finding] = Counter()
    for number, line in enumerate(text.splitlines(), start=1):
        note = _NOTE.search(line)
        if note is not None:
            found[number, note["code"]] += 1
    return found


def mended(text: str, *, lines: set[int]) -> str:
    """Return the text with the mistakes of these lines put right."""
    result: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        note = _NOTE.search(line) if number in lines else None
        result += [line] if note is None else note["right"].strip().split(r"\n")
    return "\n".join(result) + "\n"


def run_check(file: Path) -> Result:
    """Run `lamppost check --json` on a file."""
    command = [sys.executable, "-m", "agent", "check", "--json", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    if done.stderr:
        raise AssertionError(f"{file}: the command wrote to stderr:\n{done.stderr}")
    answer = json.loads(done.stdout)
    errors = Counter(
        (problem["line"], problem["code"]) for problem in answer["problems"] if problem["severity"] == "error"
    )
    return Result(done.returncode, errors, answer["warnings"])


def differences(name: str, *, expected: Counter[Finding], result: Result) -> list[str]:
    """Return what the command said and the file did not, and the other way round."""
    lines = [f"{name}: line {line}: {code} was not reported" for line, code in (expected - result.errors).elements()]
    lines += [
        f"{name}: line {line}: {code} was reported, and is no mistake"
        for line, code in (result.errors - expected).elements()
    ]
    wanted = 1 if expected else 0
    if result.exit_code != wanted:
        lines.append(f"{name}: exit code {result.exit_code}, expected {wanted}")
    return lines


def prove_mistakes(folder: Path) -> list[str]:
    """Check the file with all mistakes, with each one mended in turn, and with all mended."""
    text = MISTAKES.read_text()
    notes = annotated(text)
    variants = {"all mistakes": text, "all mended": mended(text, lines={line for line, _ in notes})}
    variants |= {f"line {line} ({code}) mended": mended(text, lines={line}) for line, code in notes}
    files = {}
    for index, (name, content) in enumerate(variants.items()):
        files[name] = folder / f"{index}.toml"
        files[name].write_text(content)
    with ThreadPoolExecutor(2) as pool:
        results = dict(zip(files, pool.map(run_check, files.values()), strict=True))
    wrong = [
        line
        for name, content in variants.items()
        for line in differences(name, expected=annotated(content), result=results[name])
    ]
    reported = sum(results["all mistakes"].errors.values())
    controls = Counter(sum(result.errors.values()) for name, result in results.items() if name.endswith(" mended"))
    print(f"thirty-mistakes.toml: {sum(notes.values())} annotated, {reported} reported")
    print(f"  with one mended: {controls[29]} of {len(notes)} files have 29 mistakes left")
    print(f"  with all mended: {sum(results['all mended'].errors.values())} reported")
    if sum(notes.values()) != 30:
        wrong.append(f"the file has {sum(notes.values())} annotations, not 30")
    if controls != {29: 30, 0: 1}:
        wrong.append(f"mending one mistake must leave 29: {dict(controls)}")
    return wrong


def prove_clean() -> list[str]:
    """Check the configuration that is delivered."""
    result = run_check(CLEAN)
    print(f"config/unit.toml: {sum(result.errors.values())} mistakes, {result.warnings} warnings")
    return differences("config/unit.toml", expected=Counter(), result=result) + (
        [f"config/unit.toml: {result.warnings} warnings"] if result.warnings else []
    )


def prove_syntax() -> list[str]:
    """Check that each syntax error is located."""
    wrong = []
    files = sorted(SYNTAX.glob("*.toml"))
    located = 0
    for file in files:
        note = _EXPECTED_LINE.search(file.read_text(errors="replace"))
        if note is None:
            wrong.append(f"{file.name}: says not where its error is")
            continue
        problems = differences(file.name, expected=Counter([(int(note[1]), "syntax")]), result=run_check(file))
        located += not problems
        wrong += problems
    print(f"syntax errors: {located} of {len(files)} located")
    return wrong if len(files) == 10 else [*wrong, f"{len(files)} files, not 10"]


def main() -> int:
    """Run the proof and return 0 when it holds."""
    print("seed: none; the proof is exhaustive")
    with tempfile.TemporaryDirectory() as folder:
        wrong = prove_mistakes(Path(folder)) + prove_clean() + prove_syntax()
    for line in wrong:
        print(f"  {line}")
    print("prove-check: " + ("FAILED" if wrong else "holds"))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
