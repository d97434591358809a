"""`lamppost plan` as its users see it."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from agent.budget import BudgetSettings
from agent.cli import plan_page
from agent.cli.main import main
from agent.config import Settings
from agent.planning.flash import Card, commits_a_day, writes_a_day
from agent.planning.plan import Assumptions, Plan, make
from tests.support.config_files import edited, resolved

ROOT = Path(__file__).resolve().parents[3]
DELIVERED = str(ROOT / "config/unit.toml")


@pytest.fixture
def settings() -> Settings:
    return resolved(edited())


def _budget(settings: Settings, **caps: int) -> Settings:
    return replace(settings, budget=replace(settings.budget, **caps))  # type: ignore[arg-type]  # the names are the caller's


def _page(plan: Plan) -> str:
    text = io.StringIO()
    plan_page.render(plan, console=Console(file=text, width=200))
    return text.getvalue()


def test_plan_of_the_delivered_configuration_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", DELIVERED]) == 0
    told = capsys.readouterr().out
    for words in (
        "the budget holds",
        "live data",
        "status",
        "After an outage of 30 days",
        "flash:",
        "[budget] monthly",
    ):
        assert words in told


def test_plan_as_json_has_everything(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--outage", "3", "--card", "16GB", "--cycles", "1000", "--amplification", "4", "--connections", "7"]
    assert main(["plan", DELIVERED, "--json", *options]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["holds"] is True
    assert [outage["days"] for outage in told["outages"]] == [3.0]
    assert told["month_bytes"] == sum(told["lanes"].values())
    assert told["assumptions"]["card"] == {"size_bytes": 16_000_000_000, "cycles": 1000, "amplification": 4.0}
    assert {cap["name"] for cap in told["budget"]} == {"monthly", "daily", "bytes_per_minute", "messages_per_minute"}
    assert told["flash"]["bytes_a_day"] > 0


@pytest.mark.parametrize("cap", ["month_bytes", "day_bytes"])
def test_plan_with_a_cap_that_is_too_small_does_not_hold(settings: Settings, cap: str) -> None:
    enough = make(settings).traffic.month_bytes // (1 if cap == "month_bytes" else 30)
    tight = make(_budget(settings, **{cap: enough}))
    assert not tight.holds
    assert "does not hold" in _page(tight)
    assert make(_budget(settings, **{cap: enough * 2})).holds


def test_plan_tells_the_exit_code_of_a_budget_that_does_not_hold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = Path(DELIVERED).read_text().replace('monthly = "300MB"', 'monthly = "20MB"')
    assert "20MB" in text
    (tmp_path / "unit.toml").write_text(text)
    assert main(["plan", str(tmp_path / "unit.toml")]) == 1
    assert "does not hold: monthly" in capsys.readouterr().out


def test_plan_without_caps_says_so(settings: Settings) -> None:
    bare = make(replace(settings, budget=BudgetSettings()))
    assert bare.holds
    assert "no cap" in _page(bare)
    assert all(outage.drain_days == 0 for outage in bare.outages)


def test_plan_with_nothing_left_for_a_backlog_says_that_it_waits(settings: Settings) -> None:
    month = make(settings).traffic.month_bytes
    tight = make(_budget(settings, month_bytes=month * 100 // 90))
    assert tight.holds
    assert all(outage.drain_days is None for outage in tight.outages)
    assert "the budget leaves nothing" in _page(tight)


def test_plan_of_a_longer_outage_has_a_larger_backlog_that_drains_longer(settings: Settings) -> None:
    first, second, third = make(settings).outages
    assert first.backlog_bytes < second.backlog_bytes < third.backlog_bytes
    assert (first.drain_days or 0) < (second.drain_days or 0) < (third.drain_days or 0)


def test_plan_over_the_flash_budget_does_not_hold(settings: Settings) -> None:
    written = int(writes_a_day(settings).bytes)
    limits = replace(settings.limits, flash_bytes_per_day=written - 1)
    over = make(replace(settings, limits=limits))
    assert not over.holds
    assert "flash_daily" in _page(over)
    assert make(replace(settings, limits=replace(limits, flash_bytes_per_day=written + 1))).holds


def test_flash_with_a_longer_loss_window_is_written_less(settings: Settings) -> None:
    hasty = replace(settings, limits=replace(settings.limits, loss_window_s=0.0))
    slow = replace(settings, limits=replace(settings.limits, loss_window_s=600.0))
    assert commits_a_day(slow) < commits_a_day(hasty)
    assert writes_a_day(slow).bytes < writes_a_day(hasty).bytes


def test_card_lasts_longer_the_less_is_written() -> None:
    card = Card(size_bytes=32_000_000_000, cycles=300, amplification=10)
    assert card.years(card.endurance_bytes / 3652.5) == pytest.approx(10)
    assert card.years(0) == float("inf")
    assert make(resolved(edited()), Assumptions(card=replace(card, cycles=600))).card_years == pytest.approx(
        2 * make(resolved(edited()), Assumptions(card=card)).card_years
    )


@pytest.mark.parametrize(
    "wrong",
    [["--outage", "0"], ["--outage", "x"], ["--card", "32"], ["--cycles", "-1"], ["--amplification", "0.5"]],
    ids=" ".join,
)
def test_plan_with_a_wrong_option_says_what_was_expected(
    wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["plan", DELIVERED, *wrong])
    assert caught.value.code == 2
    assert "expected" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("days", "said"),
    [(1, "1 day"), (30, "30 days"), (0.5, "12 hours"), (730.5, "2 years"), (3652.5, "10 years"), (1 / 24, "1 hour")],
)
def test_time_is_told_as_people_say_it(days: float, said: str) -> None:
    assert plan_page.time(days) == said
