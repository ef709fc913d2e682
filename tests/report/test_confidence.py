from edgeft.report import Report
from edgeft.report.blocks import Table, Text
from edgeft.report.confidence import confidence
from edgeft.report.html import to_html
from edgeft.report.sections import sections


def unsure(report: Report) -> Report:
    """The report of models whose answers have no probabilities."""
    rows = [
        row.model_copy(
            update={
                "scores": row.scores and row.scores.model_copy(update={"calibration_error": None})
            }
        )
        for row in report.rows
    ]
    return report.model_copy(update={"rows": rows})


def test_each_model_that_has_probabilities_has_its_calibration_error(report: Report) -> None:
    said, table = confidence(report)
    assert isinstance(said, Text)
    assert said.text.endswith("those of the others only where a task tunes thresholds.")
    assert table == Table(
        ["model", "calibration error"], [["teacher", "0.123"], ["bundle", "0.056"]]
    )


def test_no_error_at_all_is_an_error_of_zero(report: Report) -> None:
    scores = report.rows[-1].scores
    assert scores is not None
    right = report.rows[-1].model_copy(
        update={"scores": scores.model_copy(update={"calibration_error": 0.0})}
    )
    _, table = confidence(report.model_copy(update={"rows": [right]}))
    assert table == Table(["model", "calibration error"], [["bundle", "0.000"]])


def test_the_section_stands_behind_the_confusions_in_both_pages(report: Report) -> None:
    titles = [each.title for each in sections(report)]
    assert titles[titles.index("Confusions") + 1] == "Confidence"
    assert "calibration error" in to_html(report)


def test_models_without_probabilities_have_no_such_section(report: Report) -> None:
    assert confidence(unsure(report)) == []
    assert "Confidence" not in [each.title for each in sections(unsure(report))]
    assert "calibration error" not in to_html(unsure(report))
