from html.parser import HTMLParser

from edgeft.report import Report
from edgeft.report.html import table, to_html

VOID = {"meta", "line", "circle", "rect"}


class Outline(HTMLParser):
    """Collects the open elements and every attribute that could fetch something."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.fetched += [str(value) for key, value in attributes if key in {"src", "href"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def test_page_is_well_formed_and_fetches_nothing(report: Report) -> None:
    page = Outline()
    page.feed(to_html(report))
    assert page.open == []
    assert page.fetched == []
    assert page.seen.count("svg") == 2


def test_what_was_timed_is_folded(report: Report) -> None:
    short, _, rest = to_html(report).partition("<details>")
    assert "the fastest that passes" in short
    assert "without arena, extended" not in short
    assert rest.startswith("<summary>All that was timed to choose</summary>")
    assert "without arena, extended" in rest.partition("</details>")[0]


def test_label_names_cannot_smuggle_markup(report: Report) -> None:
    page = to_html(report)
    assert "&lt;c&gt;" in page
    assert "<c>" not in page


def test_page_says_what_the_markdown_says(report: Report) -> None:
    page = to_html(report)
    for said in ("The bundle beats the baseline", "15.8 MB", "0.334 ms", "quantize-dynamic"):
        assert said in page


def test_columns_of_numbers_are_set_to_the_right() -> None:
    assert table(["model", "p50"], [["a 1", "0.3 ms"], ["2 b", ""]]) == (
        '<div class="scroll"><table><tr><th>model</th><th class="number">p50</th></tr>'
        '<tr><td>a 1</td><td class="number">0.3 ms</td></tr>'
        '<tr><td>2 b</td><td class="number"></td></tr></table></div>'
    )
