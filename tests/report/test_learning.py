"""How trainings went is drawn: by their passes, by rounds, and by the number of labelled texts."""

from typing import Any
from xml.etree import ElementTree

from edgeft.report import Report, StepRun
from edgeft.report.blocks import Figure
from edgeft.report.html import to_html
from edgeft.report.learning import learning

SVG = "{http://www.w3.org/2000/svg}"


def measured(report: Report, **steps: dict[str, Any]) -> list[Figure]:
    """The drawings of a report whose steps have these figures."""
    for name, figures in steps.items():
        report.steps.append(
            StepRun(
                name=name, kind="finetune", method="any", seconds=1, cached=False, figures=figures
            )
        )  # fmt: skip
    found = learning(report)
    assert all(isinstance(each, Figure) for each in found)
    return [each for each in found if isinstance(each, Figure)]


def marks_below(figure: Figure) -> list[str | None]:
    """The figures that are written below the lines of a drawing."""
    texts = ElementTree.fromstring(figure.svg).iter(f"{SVG}text")
    return [text.text for text in texts if text.get("text-anchor") == "middle"]


def test_a_training_with_evaluations_is_drawn(report: Report) -> None:
    assert learning(report) == []
    log = [{"epoch": 1, "accuracy": 0.5}, {"epoch": 2, "accuracy": 0.8}]
    found = {
        "finetune-full": log,
        "short": log[:1],
        "other": [{"epoch": 1}],
        "candidates/static/distill-static": log,
        "candidates/static/student-plain": log,
    }
    (figure,) = measured(report, **{name: {"log": each} for name, each in found.items()})
    assert figure.svg.count("<polyline") == 3
    for line in ("finetune-full", "static", "static, without teacher"):
        assert f"{line} 0.800" in figure.svg
    assert "Learning" in to_html(report)


def test_the_rounds_of_self_training_are_drawn_from_the_first_model_on(report: Report) -> None:
    scores = [{"validation": {"accuracy": each, "macro_f1": 0.1}} for each in (0.7, 0.76)]
    (figure,) = measured(
        report,
        **{"finetune-self-training": {"rounds": scores}},
        other={"rounds": [{"validation": {"macro_f1": each}} for each in (0.2, 0.3)]},
    )
    assert "finetune-self-training 0.760" in figure.svg
    assert figure.svg.count("<polyline") == 1
    assert marks_below(figure) == ["0", "1"]
    assert "each round" in figure.caption


def test_a_head_is_drawn_by_the_number_of_its_labelled_texts(report: Report) -> None:
    points = [{"texts": texts, "accuracy": each} for texts, each in ((154, 0.7), (493, 0.8))]
    (figure,) = measured(
        report,
        **{"finetune-auto": {"by_labels": points}},
        alone={"by_labels": points[:1]},
    )
    assert "finetune-auto 0.800" in figure.svg
    assert figure.svg.count("<polyline") == 1
    assert marks_below(figure)[-1] == "400"
    assert figure.caption.startswith("Would more labels help?")
    assert "Would more labels help?" in to_html(report)
