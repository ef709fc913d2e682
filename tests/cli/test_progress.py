"""Progress in lines and in bars, and who listens when."""

import io
import logging

import pytest
from rich.console import Console

from edgeft.cli.amounts import clock, per_second
from edgeft.cli.bars import Bars
from edgeft.cli.logs import logging_to_stderr
from edgeft.cli.progress import Lines, listener
from edgeft.progress import Silence


def test_lines_say_where_work_stands_and_how_it_ended(capsys, monkeypatch):
    now = iter([0.0, 1.0, 20.0, 40.0])
    monkeypatch.setattr("edgeft.cli.progress.time.monotonic", lambda: next(now))
    with Lines(seconds=10).bar("training", 4000, "texts") as bar:
        bar.advance(100, loss=0.9)
        bar.advance(900, loss=0.51234)
    assert capsys.readouterr().err.splitlines() == [
        "training: 1,000/4,000 texts, 50/s, 1:00 left, loss 0.5123",
        "training: 1,000 texts in 0:40, loss 0.5123",
    ]


def test_lines_work_without_a_total(capsys, monkeypatch):
    now = iter([0.0, 30.0, 60.0])
    monkeypatch.setattr("edgeft.cli.progress.time.monotonic", lambda: next(now))
    with Lines(seconds=10).bar("reading") as bar:
        bar.advance(3)
    assert capsys.readouterr().err.splitlines() == [
        "reading: 3, 10 s each",
        "reading: 3 in 1:00",
    ]


def test_work_that_fails_claims_no_end(capsys):
    with pytest.raises(RuntimeError), Lines().bar("training", total=4):
        raise RuntimeError
    assert capsys.readouterr().err == ""


def test_bars_show_figures_rate_and_notes(monkeypatch):
    monkeypatch.setattr("edgeft.cli.bars.SHORT", 0)
    screen = io.StringIO()
    bars = Bars(Console(file=screen, force_terminal=True, width=140))
    with bars.bar("training", 4, "texts") as outer:
        bars.note("a note [with] brackets")
        with bars.bar("evaluating", total=2) as inner:
            inner.advance(2)
        outer.advance(4, loss=0.25)
    shown = screen.getvalue()
    assert "a note [with] brackets" in shown
    for part in ("training", "evaluating", "4/4 texts", "2/2", "loss 0.25"):
        assert part in shown
    assert bars.display is None


def test_short_work_leaves_nothing_behind(capsys):
    screen = io.StringIO()
    bars = Bars(Console(file=screen, force_terminal=True, width=140))
    with bars.bar("outer", total=1) as outer, bars.bar("inner", total=1) as inner:
        assert len(outer.display.tasks) == 2
    assert outer.display.tasks == inner.display.tasks == []

    with Lines().bar("reading", total=1) as bar:
        bar.advance()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("seconds", "shown"), [(7, "0:07"), (750.4, "12:30"), (3723, "1:02:03")])
def test_durations_read_like_a_clock(seconds, shown):
    assert clock(seconds) == shown


@pytest.mark.parametrize(
    ("rate", "shown"),
    [(86.04, "86/s"), (2.5, "2.5/s"), (12700, "12,700/s"), (0.1, "10 s each"), (0, "0/s")],
)
def test_rates_below_one_a_second_turn_round(rate, shown):
    assert per_second(rate) == shown


def test_nobody_listens_under_quiet_or_beside_the_main_process(monkeypatch):
    with logging_to_stderr(logging.ERROR):
        assert isinstance(listener(), Silence)
    with logging_to_stderr(logging.INFO):
        assert isinstance(listener(), Lines)
        monkeypatch.setenv("RANK", "1")
        assert isinstance(listener(), Silence)


def test_logging_is_afterwards_as_it_was_before():
    root, own = logging.getLogger(), logging.getLogger("edgeft")
    before = (list(root.handlers), own.level)
    with logging_to_stderr(logging.DEBUG):
        assert (list(root.handlers), own.level) != before
    assert (list(root.handlers), own.level) == before


def test_warnings_of_other_libraries_are_shown_only_when_asked_for(capsys):
    with logging_to_stderr(logging.INFO):
        logging.getLogger("httpx").warning("theirs")
        logging.getLogger("edgeft.registry").warning("ours")
    assert capsys.readouterr().err == "warning: ours\n"
    with logging_to_stderr(logging.DEBUG):
        logging.getLogger("httpx").warning("theirs")
    assert capsys.readouterr().err == "warning: theirs\n"
