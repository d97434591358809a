from drivers.sim.rg15 import SimulatedRg15


def test_answer_has_the_form_that_others_quote() -> None:
    gauge = SimulatedRg15()
    gauge.command(b"P\nM\n")
    gauge.rain(1.23, mm_per_h=0)
    gauge.command(b"R\n")
    gauge.dry()

    assert gauge.command(b"r\n") == b"Acc  0.00 mm, EventAcc  0.00 mm, TotalAcc  1.23 mm, RInt  0.00 mmph\r\n"
    assert gauge.presented == {"event": 0, "total": 123, "intensity": 0}


def test_answer_in_inches_has_three_digits() -> None:
    gauge = SimulatedRg15()
    gauge.rain(25.4, mm_per_h=50.8)

    assert gauge.speak() == b"Acc 1.000 in, EventAcc 1.000 in, TotalAcc 1.000 in, RInt 2.000 iph\r\n"


def test_commands_in_any_portions_are_acknowledged_in_small_letters() -> None:
    gauge = SimulatedRg15()

    assert gauge.command(b"P") == b""
    assert gauge.command(b"\nM\nH\n") == b"p\r\nm\r\nh\r\n"
    assert (gauge.polled, gauge.metric, gauge.speak()) == (True, True, b"")
    assert gauge.command(b"?\n") == b""


def test_restart_forgets_counters_and_settings() -> None:
    gauge = SimulatedRg15()
    gauge.command(b"P\nM\n")
    gauge.rain(3, mm_per_h=1)

    assert gauge.restart().startswith(b"Reset N\r\n")
    assert (gauge.polled, gauge.metric, gauge.presented["total"]) == (False, False, 0)
