from itertools import pairwise
from xml.etree import ElementTree

import pytest

from edgeft.report import Attempt
from edgeft.report.frontier import LINE, free_line, frontier_svg

SVG = "{http://www.w3.org/2000/svg}"


def test_the_frontier_has_a_disc_a_student_whose_area_is_its_size(students: list[Attempt]) -> None:
    drawing = ElementTree.fromstring(frontier_svg(students[:2], limit=0.9, longest=0.5))
    large, small = drawing.findall(f"{SVG}circle")
    assert (float(large.attrib["r"]) / float(small.attrib["r"])) ** 2 == pytest.approx(4, rel=0.01)
    assert float(large.attrib["cx"]) > float(small.attrib["cx"])
    assert float(large.attrib["cy"]) < float(small.attrib["cy"])  # more accurate stands higher
    assert float(large.attrib["fill-opacity"]) > float(small.attrib["fill-opacity"])
    dashed = [line for line in drawing.iter(f"{SVG}line") if "stroke-dasharray" in line.attrib]
    level, upright = dashed
    assert float(small.attrib["cy"]) > float(level.attrib["y1"]) > float(large.attrib["cy"])
    assert float(upright.attrib["x1"]) > float(large.attrib["cx"])


def test_every_budget_is_written_beside_its_line_and_the_chosen_student_is_named(
    students: list[Attempt],
) -> None:
    drawing = ElementTree.fromstring(
        frontier_svg(students[:2], limit=0.9, longest=0.5, largest=4_000_000)
    )
    texts = {text.text for text in drawing.iter(f"{SVG}text")}
    assert {"at least 0.900", "at most 0.5 ms", "at most 4 MB"} <= texts
    assert {"layers-2 (chosen)", "layers-1"} <= texts
    allowed, _, small = drawing.findall(f"{SVG}circle")
    assert "stroke-dasharray" in allowed.attrib
    assert allowed.attrib["r"] == small.attrib["r"]  # that student has 4 MB


def test_a_perfect_student_stands_on_an_axis_that_ends_at_one(students: list[Attempt]) -> None:
    perfect = students[0].model_copy(update={"value": 1.0})
    drawing = ElementTree.fromstring(frontier_svg([perfect, students[1]], limit=0.99))
    marks = [text.text or "" for text in drawing.iter(f"{SVG}text")]
    assert max(float(mark) for mark in marks if mark.replace(".", "").isdigit()) == 1.0
    disc = drawing.findall(f"{SVG}circle")[0]
    assert float(disc.attrib["cy"]) > float(disc.attrib["r"])  # none of it is cut off


def test_a_single_student_without_budgets_can_be_drawn(students: list[Attempt]) -> None:
    ElementTree.fromstring(frontier_svg(students[:1]))


def test_names_of_students_alike_stand_below_one_another() -> None:
    taken: list[tuple[float, float, float]] = []
    lines = [free_line(100 + 0.1 * n, 50, 90, taken) for n in range(5)]
    assert all(below - above >= LINE for above, below in pairwise(lines))
    assert free_line(100, 200, 240, taken) == 100
