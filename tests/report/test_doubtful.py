"""The labels that a review doubts most stand in the report, with the file that has them all."""

from edgeft.report import Report, StepRun
from edgeft.report.blocks import Table, Text
from edgeft.report.doubtful import doubtful
from edgeft.report.html import to_html
from edgeft.report.markdown import to_markdown

ROWS = [
    {
        "text": "where is my <card>",
        "label": "<c>",
        "action": "relabel",
        "new_label": "a|b",
        "why": "by the others it is a|b",
        "score": 0.98,
    },
    {"text": "well", "label": "a|b", "action": "drop", "new_label": "", "score": 0.7},
]


def reviewed(report: Report, found: int = 2) -> Report:
    cleaning = {
        "found": {"label": found},
        "proposed": {"drop": 1, "relabel": 1},
        "rows_before": {"train": 90},
        "rows_after": {"train": 90},
        "dropped": 0,
        "relabelled": 0,
        "given": False,
        "label_errors": ROWS,
    }
    step = StepRun(name="clean-review", kind="clean", method="review", seconds=1, cached=False)
    data = {**report.data, "cleaning": cleaning}
    return report.model_copy(update={"data": data, "steps": [step, *report.steps]})


def test_doubtful_labels_are_shown_with_what_is_proposed(report: Report) -> None:
    assert doubtful(reviewed(report)) == [
        Text("The review found 2 labels that the other texts speak against:"),
        Table(
            ["sure", "label", "proposed", "why", "text"],
            [
                ["0.980", "<c>", "a|b", "by the others it is a|b", "where is my <card>"],
                ["0.700", "a|b", "drop", "", "well"],
            ],
        ),
        Table(
            ["where", "what"],
            [["clean-review/decisions.csv", "every row worth a look, to be edited and followed"]],
        ),
    ]


def test_of_many_doubtful_labels_the_report_says_that_it_shows_the_surest(report: Report) -> None:
    assert doubtful(reviewed(report, found=31))[0] == Text(
        "The review found 31 labels that the other texts speak against; these it is surest of:"
    )


def test_both_pages_have_the_section_and_no_tag_out_of_a_text(report: Report) -> None:
    for page in (to_markdown(reviewed(report)), to_html(reviewed(report))):
        assert "Likely label errors" in page
        assert "clean-review/decisions.csv" in page
        assert "my <card>" not in page


def test_without_a_review_there_is_no_section(report: Report) -> None:
    assert doubtful(report) == []
    assert "Likely label errors" not in to_markdown(report)
