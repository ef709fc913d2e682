from xml.etree import ElementTree

from edgeft.report import Report
from edgeft.report.plots import confusion_svg, interval_svg

SVG = "{http://www.w3.org/2000/svg}"


def test_interval_plot_has_a_dot_and_a_name_for_each_model(report: Report) -> None:
    drawing = ElementTree.fromstring(interval_svg(report.rows))
    assert len(drawing.findall(f"{SVG}circle")) == 3
    texts = [text.text for text in drawing.iter(f"{SVG}text")]
    assert {"baseline", "teacher", "bundle", "0.850"} <= set(texts)


def test_a_better_model_stands_further_right(report: Report) -> None:
    drawing = ElementTree.fromstring(interval_svg(report.rows))
    places = [float(dot.attrib["cx"]) for dot in drawing.iter(f"{SVG}circle")]
    assert places[0] < places[2] < places[1]


def test_the_axis_of_a_perfect_model_ends_at_one(report: Report) -> None:
    rows = [row.model_copy(update={"interval": (0.9, 1.0)}) for row in report.rows]
    drawing = ElementTree.fromstring(interval_svg(rows))
    marks = [text.text for text in drawing.iter(f"{SVG}text") if "text-anchor" in text.attrib]
    figures = [float(mark) for mark in marks if mark and mark[0].isdigit()]
    assert max(figures) == 1.0


def test_models_of_equal_value_without_interval_can_be_drawn(report: Report) -> None:
    rows = [row.model_copy(update={"value": 1.0, "interval": None}) for row in report.rows]
    ElementTree.fromstring(interval_svg(rows))


def test_confusion_plot_shades_cells_by_their_share_of_the_label() -> None:
    drawing = ElementTree.fromstring(confusion_svg([[3, 1], [0, 0]], ["a", "<b>"]))
    shades = [cell.attrib["fill-opacity"] for cell in drawing.iter(f"{SVG}rect")]
    assert shades == ["0.750", "0.250", "0.000", "0.000"]
    titles = [title.text for title in drawing.iter(f"{SVG}title")]
    assert titles[1] == "a answered as <b>: 1"


def test_names_are_left_out_where_cells_are_too_small_for_them() -> None:
    names = [f"label {number}" for number in range(77)]
    matrix = [[int(a == b) for a in range(77)] for b in range(77)]
    drawing = ElementTree.fromstring(confusion_svg(matrix, names))
    assert not drawing.findall(f"{SVG}text")
    assert len(drawing.findall(f"{SVG}rect")) == 77 * 77


def test_labels_in_wide_characters_have_room_beside_the_matrix() -> None:
    drawing = ElementTree.fromstring(confusion_svg([[1, 0], [0, 1]], ["银行卡被吞了怎么办", "a"]))
    label = next(drawing.iter(f"{SVG}text"))
    assert label.text == "银行卡被吞了怎么办"
    assert float(label.attrib["x"]) >= 9 * 12
