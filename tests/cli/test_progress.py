"""Progress: nothing for short work, plain lines in a log, a bar on a terminal."""

from __future__ import annotations

import io
import sys
import time

import pytest

from portique.cli import progress

Capture = pytest.CaptureFixture[str]


class _Terminal(io.StringIO):
    """A standard error that takes itself for a terminal."""

    def isatty(self) -> bool:
        return True


def test_short_work_shows_nothing(capsys: Capture) -> None:
    """Less than two seconds: not one line."""
    with progress.shown() as told:
        for done in range(1000):
            told("records", done, 1000)

    assert capsys.readouterr() == ("", "")


def test_long_work_in_a_log_is_a_line_now_and_then(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first after two seconds, then one every ten, without any control character."""
    now_s = [0.0]
    monkeypatch.setattr("portique.cli.progress.time.monotonic", lambda: now_s[0])
    with progress.shown() as told:
        for second in range(25):
            now_s[0] = float(second)
            told("records", second * 1000, 25_000 if second < 20 else 0)

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "records: 2,000 of 25,000",
        "records: 12,000 of 25,000",
        "records: 22,000",
    ]


def test_on_a_terminal_a_bar_says_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """It opens by itself, also where the work is silent, and goes when the work ends."""
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(progress, "PATIENCE_S", 0.0)
    monkeypatch.setenv("TERM", "xterm")
    with progress.shown() as told:
        until_s = time.monotonic() + 10
        while "sorting the records" not in terminal.getvalue() and time.monotonic() < until_s:
            told("sorting the records", 5, 10)
            time.sleep(0.02)

    assert "sorting the records" in terminal.getvalue()
