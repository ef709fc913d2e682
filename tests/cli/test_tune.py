"""`edgeft tune`: what was compared with what, for people."""

import json
import re
import shutil

import pytest


def test_tune_says_how_many_times_as_fast_each_candidate_is(edgeft, tiny_bundle, tmp_path):
    bundle = shutil.copytree(tiny_bundle.path, tmp_path / "bundle")
    done = edgeft("tune", bundle, "--threads", "1")

    assert done.code == 0, done.err
    table, _, result = done.out.partition("\n\n")
    header, *rows = [re.split(" {2,}", line) for line in table.splitlines()]
    assert header == ["tried", "p50", "against", "p50", "times as fast", "95 % interval", "kept"]
    figures = json.loads((bundle / "tuning.json").read_text())["figures"]
    for row, duel in zip(rows, figures["duels"], strict=True):
        tried, p50, against, other, times, interval, kept = row
        assert (tried, against) == (duel["name"], duel["against"])
        low, high = map(float, interval.split(" to "))
        assert low <= float(times) <= high
        assert float(times) == pytest.approx(1 / duel["ratio"], abs=0.002)
        assert float(p50.split()[0]) == pytest.approx(duel["p50_ms"], abs=0.001)
        assert float(other.split()[0]) == pytest.approx(duel["against_p50_ms"], abs=0.001)
        assert kept in ("yes", "no")
        if duel["interval"][1] != 1:  # an edge that was rounded to 1 may have been less
            assert kept == ("yes" if duel["interval"][1] < 1 else "no")
    assert " times as fast as the bundle as built\nwrote " in result
