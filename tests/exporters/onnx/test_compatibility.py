"""Operator set and IR version follow from the oldest onnxruntime that is promised."""

import pytest

from edgeft.errors import PluginError
from edgeft.runtime.versions import VERSIONS
from edgeft_onnx.compatibility import NEWEST_TRACED, choose_opset, runnable, supported


def test_default_is_what_both_strategies_write() -> None:
    assert choose_opset(None, "1.20") == (20, 10)
    assert choose_opset(None, "1.17") == (20, 9)


def test_release_that_is_not_listed_runs_what_the_one_before_does() -> None:
    assert supported("1.25") == supported("1.24") == (25, 13)
    assert supported("2.0") == VERSIONS[max(VERSIONS)]


def test_newer_operator_set_than_the_release_runs_is_refused() -> None:
    with pytest.raises(PluginError, match=r"onnxruntime 1.20 runs operator sets up to 21, not 22"):
        choose_opset(22, "1.20")


def test_release_before_the_table_is_refused() -> None:
    with pytest.raises(PluginError, match=r"minimum_onnxruntime 1.9 is too old") as caught:
        supported("1.9")
    assert caught.value.hint == "1.17 is the oldest that can be promised"


def test_newer_releases_run_all_that_older_ones_do() -> None:
    versions = [VERSIONS[release] for release in sorted(VERSIONS)]
    assert versions == sorted(versions)
    assert versions[0][0] >= NEWEST_TRACED


def test_rewrites_that_the_oldest_onnxruntime_runs_otherwise_are_left_out() -> None:
    asked = ["first-token", "attention", "first-token"]
    assert runnable(asked, "1.20") == ["first-token", "attention"]
    assert runnable(asked, "1.19") == ["first-token"]
