"""What a run's models still know of texts that an earlier one had learnt."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from edgeft.artifacts import Dataset, open_model
from edgeft.evaluation import evaluate
from edgeft.pipeline.judging import Judge
from edgeft.pipeline.nodes import Node
from edgeft.report import OldTexts, Row


def on_old_texts(judge: Judge, rows: list[Row]) -> list[OldTexts]:
    """The earlier model and those of the rows, on the held-out texts that it was judged by.

    What the step that went on from it has measured of these is not measured again.
    """
    ours = {row.name: path for row in rows if (path := judge.path_of(row.name))}
    return [
        by_step(judge, node, name, place, earlier, data)
        or OldTexts.model_validate(
            judge.remembered(
                "old-texts",
                partial(scored, judge, name, place, data),
                name,
                judge.plan.metric,
                judge.answers.print_of(place),
                data.digest,
            )
            | {"data": str(data.path)}
        )
        for node, earlier, data in retained(judge)
        for name, place in {"before": earlier, **ours}.items()
    ]


def retained(judge: Judge) -> Iterator[tuple[Node, Path, Dataset]]:
    """The steps that went on from a model: each with it, and the data that it is not to forget."""
    for node in judge.plan.nodes:
        for data, model in (node.cls.retains if node.cls else {}).items():
            if folder := getattr(node.options, data, None):
                yield node, Path(getattr(node.options, model)), Dataset.open(folder)


def by_step(
    judge: Judge, node: Node, name: str, place: Path, earlier: Path, data: Dataset
) -> OldTexts | None:
    """What a step's figures have of the model that it went on from, or made; None for others.

    None as well where they are of another metric than the gates compare.
    """
    metric = judge.plan.metric
    when = {node.path: "after", earlier: "before"}.get(place)
    found = open_model(node.path).manifest.history[-1].figures.get("old_texts")
    if when is None or not found or found["metric"] != metric or "intervals" not in found:
        return None
    return OldTexts(
        model=name,
        data=str(data.path),
        split=found["split"],
        metric=metric,
        value=found[when],
        n=found["n"],
        interval=found["intervals"][when],
    )


def scored(judge: Judge, name: str, place: Path, data: Dataset) -> OldTexts:
    """One model on the held-out texts of one dataset; labels that are new to it may be answered."""
    scores = evaluate(
        open_model(place),
        data,
        data.held_out,
        task=judge.plan.task,
        device=judge.context.device,
        threads=judge.context.threads,
        progress=judge.context.progress,
    ).scores
    return OldTexts(
        model=name,
        data=str(data.path),
        split=data.held_out,
        metric=judge.plan.metric,
        value=scores.metrics[judge.plan.metric],
        n=scores.n,
        interval=scores.intervals.get(judge.plan.metric),
    )
