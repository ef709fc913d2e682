from dataclasses import replace

import pytest

from edgeft.options import Gates
from edgeft.pipeline.search.fitting import Measured, cannot_fit
from edgeft.surgery.shapes import Shape

ONE = Shape(layers=1, width=384, neurons=1536, vocabulary=30522)
"""1.77 million weights in its layers"""
MEASURED = Measured("layers-1", ONE, p50_ms=0.4, smallest_bytes=3_700_000, as_asked=True)


def why(shape, measured=MEASURED, **gates):
    return cannot_fit(shape, Gates(**gates), [measured])


def test_a_size_is_foreseen_from_a_smaller_student():
    assert why(replace(ONE, layers=2), max_size_mb=5) == (
        "would have about 5.47 MB, for layers-1 has 3.7: 5 MB are allowed"
    )
    assert why(replace(ONE, layers=2, neurons=1536), max_size_mb=5.3) == ""  # within 5 %: tried
    assert why(replace(ONE, layers=2)) == ""


def test_what_computes_more_than_a_slow_student_is_not_tried():
    assert why(replace(ONE, layers=2), max_p50_ms=0.3) == (
        "computes no less than layers-1, which takes 0.4 ms: 0.3 ms are allowed"
    )
    assert why(replace(ONE, layers=2), max_p50_ms=0.5) == ""


@pytest.mark.parametrize("less", [{"neurons": 768}, {"width": 192}])
def test_a_narrower_student_may_be_faster_than_a_slow_one(less):
    assert why(replace(ONE, layers=2, **less), max_p50_ms=0.3) == ""


def test_fewer_tokens_make_a_file_smaller_and_nothing_faster():
    fewer = replace(ONE, vocabulary=5000)
    assert why(fewer, max_size_mb=3) == ""
    assert why(ONE, max_size_mb=3).startswith("would have about 3.7 MB")
    assert why(fewer, max_p50_ms=0.3).startswith("computes no less than layers-1")


@pytest.mark.parametrize("gates", [{"max_size_mb": 4}, {"max_p50_ms": 0.3}])
def test_a_student_left_in_float_tells_nothing_of_others(gates):
    measured = replace(MEASURED, as_asked=False)
    assert why(replace(ONE, layers=2), measured, **gates) == ""
