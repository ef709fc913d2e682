"""What a run's models still know of texts that an earlier one had learnt."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from edgeft.artifacts import Dataset, open_model
from edgeft.evaluation import evaluate
from edgeft.pipeline.judging import Judge
from edgeft.report import OldTexts, Row


def on_old_texts(judge: Judge, rows: list[Row]) -> list[OldTexts]:
    """The earlier model and those of the rows, on the held-out texts that it was judged by."""
    ours = {row.name: path for row in rows if (path := judge.path_of(row.name))}
    return [
        OldTexts.model_validate(
            judge.remembered(
                "old-texts",
                partial(scored, judge, name, place, data),
                name,
                judge.metric,
                judge.print_of(place),
                data.digest,
            )
            | {"data": str(data.path)}
        )
        for earlier, data in retained(judge)
        for name, place in {"before": earlier, **ours}.items()
    ]


def retained(judge: Judge) -> Iterator[tuple[Path, Dataset]]:
    """The models that steps went on from, each with the data that they are not to forget."""
    for node in judge.plan.nodes:
        for data, model in (node.cls.retains if node.cls else {}).items():
            if folder := getattr(node.options, data, None):
                yield Path(getattr(node.options, model)), Dataset.open(folder)


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
        metric=judge.metric,
        value=scores.metrics[judge.metric],
        n=scores.n,
        interval=scores.intervals.get(judge.metric),
    )
