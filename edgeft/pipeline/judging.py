"""Judges what a run made: gates on validation, rows on the held-out split, latency here.

Gates look at validation and never at test; test is only reported.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from edgeft.artifacts import Bundle, Dataset, open_model
from edgeft.baseline import Baseline, fit_baseline
from edgeft.benchmark import measure, subject
from edgeft.context import Context
from edgeft.data.rows import inputs_of, open_split
from edgeft.gates import GateResult
from edgeft.gates.accuracy import accuracy_gate, within_noise, won_back
from edgeft.pipeline.answers import Answers, save, saved
from edgeft.pipeline.fingerprints import fingerprint
from edgeft.pipeline.mistakes import found_mistakes
from edgeft.pipeline.nodes import Node, Plan
from edgeft.report import Mistakes, OnValidation, Row
from edgeft.runtime.given import Given
from edgeft.runtime.outputs import Outputs
from edgeft.runtime.tuning import machine
from edgeft.tasks import Scores
from edgeft.writing import write_text

TIMED_TEXTS = 200
LOSSY = {
    "distill": "teacher",
    "prune": "checkpoint",
    "export": "checkpoint",
    "quantize": "bundle",
}
"""the kinds that may lose accuracy, and the input that each is compared with"""


class Judge:
    """Judges one run; every answer is cached by the fingerprint of the model that gave it."""

    def __init__(self, plan: Plan, data: Dataset, context: Context) -> None:
        self.plan = plan
        self.data = data
        self.context = context
        self.cache = plan.out / ".cache"
        self.answers = Answers(plan, data, context)

    def gates(self) -> list[GateResult]:
        """Compare every lossy step with what went into it, on validation.

        A student that a search chose is judged by what ships: its steps may lose more than allowed
        where later ones win that back.
        """
        results = []
        for node in self.plan.nodes:
            role = LOSSY.get(node.kind)
            if role and node is not self.plan.plain:
                results.append(self.gate(node, node.inputs[role]))
        if all(each.passed for each in results) or self.plan.candidate is None:
            return results
        ships = self.shipped_gate()
        return [won_back(each, ships) for each in results] if ships.passed else results

    def shipped_gate(self) -> GateResult:
        """What all steps after the teacher cost together."""
        if self.plan.bundle is None or self.plan.teacher is None:
            raise ValueError("a search compares a bundle with a teacher")
        name = self.plan.bundle.name
        found = self.compared(self.plan.teacher, self.plan.bundle.path, "validation", step=name)
        return found if found.passed else within_noise(found)

    def gate(self, node: Node, before: Path) -> GateResult:
        """What one step cost on validation."""
        found = self.compared(before, node.path, "validation", step=node.name)
        return within_noise(found) if node.kind == "distill" and not found.passed else found

    def compared(self, before: Path, after: Path, split: str, *, step: str) -> GateResult:
        """Two models' answers on the same texts of a split."""
        return self.gate_between(
            self.answers.outputs(before, split),
            self.answers.outputs(after, split),
            split,
            step=step,
        )

    def gate_between(
        self, reference: Outputs, candidate: Outputs, split: str, *, step: str
    ) -> GateResult:
        """What is said of the texts of a split, compared with what else is said of them."""
        return accuracy_gate(
            reference,
            candidate,
            self.answers.truth(split),
            gates=self.plan.recipe.gates,
            task=self.plan.task,
            names=self.answers.names,
            step=step,
        )

    def rows(self) -> list[Row]:
        """The models of the report on the held-out split, the baseline first."""
        rows = [self.baseline_row()] if self.has_baseline else []
        if self.plan.teacher:
            rows.append(
                self.row(
                    "teacher", "the model that what follows is compared with", self.plan.teacher
                )
            )
        if self.plan.plain:
            what = "the same student trained on the labels alone: no teacher, no transfer set"
            rows.append(self.row("student-plain", what, self.plan.plain.path))
        if self.plan.student:
            rows.append(self.row("student", "the student before export", self.plan.student.path))
        trained = self.plan.trained
        if not self.plan.teacher and trained:
            rows.append(self.row("teacher", "the fine-tuned model", trained))
        if self.plan.bundle:
            chosen = Bundle.open(self.plan.bundle.path).manifest.chosen
            what = f"the file of the bundle: {chosen}, through edgeft.runtime"
            rows.append(self.row("bundle", what, self.plan.bundle.path))
        return rows

    def row(self, name: str, what: str, path: Path) -> Row:
        """One model's row, its latency still open."""
        split = self.data.held_out
        scores = self.answers.scores(path, split)
        row = self.scored(name, what, scores, size_bytes=weights_size(path))
        row.nothing_learnt = self.plan.task.nothing_learnt(
            row.metric, scores.metrics, self.answers.truth(split)
        )
        teacher = self.plan.reference
        if teacher and teacher != path:
            against = self.compared(teacher, path, split, step=name)
            row.drop, row.drop_interval = against.drop, against.interval
        outputs = self.answers.outputs(path, split)
        if self.has_baseline:
            against = self.gate_between(self.baseline_outputs(), outputs, split, step=name)
            row.gain, row.gain_interval = gained(against)
        plain, taught = self.plan.plain, self.plan.taught
        if plain and taught and name == "student":
            against = self.compared(plain.path, taught.path, split, step=name)
            row.taught, row.taught_interval = gained(against)
            if taught.path != path:
                row.as_taught = against.candidate
        return row

    @property
    def has_baseline(self) -> bool:
        """Whether bags of words and characters can be asked the same: about one text, whole.

        Of one label alone, new beside those of a model that is trained on, they know nothing else.
        """
        task = self.plan.task
        if task.answer == "label" and len(self.data.labels) < 2:
            return False
        return task.answer != "vector" and task.closed and not (task.pairs or task.per_token)

    def baseline(self) -> Baseline:
        """What a user would have got for nothing."""
        return Baseline.model_validate(
            self.remembered("baseline", self.fit, self.plan.data.fingerprint)
        )

    def baseline_row(self) -> Row:
        """The baseline's row."""
        found = self.baseline()
        linear = "ridge" if self.plan.task.answer == "number" else "logistic"
        what = f"TF-IDF on words and characters, {linear} regression (scikit-learn)"
        row = self.scored("baseline", what, found.scores, size_bytes=found.size_bytes)
        return row.model_copy(update={"p50_ms": found.p50_ms})

    def baseline_outputs(self) -> Outputs:
        """What the baseline says of the held-out split, with the columns of all answers."""
        file = self.answers.file("baseline", self.data.held_out)
        if not file.is_file():
            self.fit()
        return saved(file).spread(range(len(self.data.labels)), len(self.answers.names))

    def fit(self) -> Baseline:
        """The baseline, newly fitted; what it says is kept."""
        found, outputs = fit_baseline(
            self.data,
            task=self.plan.task,
            seed=self.context.seed,
            progress=self.context.progress,
        )
        save(outputs, self.answers.file("baseline", self.data.held_out))
        return found

    def scored(self, name: str, what: str, scores: Scores, size_bytes: int) -> Row:
        metric = self.plan.metric
        return Row(
            name=name,
            what=what,
            split=self.data.held_out,
            metric=metric,
            value=scores.metrics[metric],
            n=scores.n,
            interval=scores.intervals.get(metric),
            size_bytes=size_bytes,
            scores=scores,
        )

    def on_validation(self, rows: list[Row]) -> OnValidation | None:
        """How the last of the models does on validation; None where there is only a baseline."""
        path = self.path_of(rows[-1].name) if rows else None
        if path is None:
            return None
        scores = self.answers.scores(path, "validation")
        return OnValidation(value=scores.metrics[rows[-1].metric], n=scores.n)

    def mistakes(self, rows: list[Row]) -> Mistakes | None:
        """What the last of the models gets wrong on the held-out split."""
        model = rows[-1].name if rows else ""
        path = self.path_of(model)
        if path is None or self.plan.task.answer != "label":
            return None
        split = self.data.held_out
        truth, logits = self.answers.truth(split), self.answers.outputs(path, split).values
        texts = [in_one(each) for each in inputs_of(open_split(self.data, split))]
        return found_mistakes(model, split, texts, truth, logits, self.answers.names)

    def benchmark(self, rows: list[Row]) -> dict[str, Any]:
        """Time the models interleaved, one text at a time, and write p50 into their rows."""
        paths = {row.name: path for row in rows if (path := self.path_of(row.name))}
        if not paths:
            return {}
        found = self.timed("benchmark", paths, self.data.held_out)
        for row in rows:
            for timed in found["rows"]:
                if timed["subject"] == row.name and timed["batch_size"] == 1:
                    row.p50_ms = timed["total"]["p50_ms"]
        return found

    def timed(self, name: str, paths: dict[str, Path], split: str) -> dict[str, Any]:
        """Single texts of a split, the models taking turns; kept on disk under `name`."""
        bench = self.plan.recipe.bench
        return self.remembered(
            name,
            lambda: measure(
                [subject(path, name=name) for name, path in paths.items()],
                self.texts(split),
                batch_sizes=(1,),
                threads=(bench.threads,),
                seconds=bench.seconds,
                cold_starts=0,
                progress=self.context.progress,
            ).without_raw(),
            *(self.answers.print_of(path) for path in paths.values()),
            bench.model_dump(),
            machine(),
        )

    def path_of(self, row: str) -> Path | None:
        """The directory that a row of this name is timed on."""
        student = self.plan.student.path if self.plan.student else None
        bundle = self.plan.bundle.path if self.plan.bundle else None
        teacher = self.plan.reference
        return {"teacher": teacher, "student": student, "bundle": bundle}.get(row)

    def texts(self, split: str) -> list[Given]:
        rows = open_split(self.data, split)
        return list(inputs_of(rows.select(range(min(len(rows), TIMED_TEXTS)))))

    def remembered(
        self,
        name: str,
        compute: Callable[[], BaseModel],
        *parts: Any,
    ) -> dict[str, Any]:
        """What `compute` returns as JSON, kept on disk for a run with the same parts."""
        file = self.cache / f"{name}-{fingerprint(parts=parts)}.json"
        if not file.is_file():
            self.cache.mkdir(parents=True, exist_ok=True)
            write_text(file, compute().model_dump_json(indent=1))
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return found


def gained(against: GateResult) -> tuple[float, tuple[float, float]]:
    """How much better a candidate is than its reference, with the interval."""
    low, high = against.interval
    return 0.0 - against.drop, (0.0 - high, 0.0 - low)


def in_one(given: Given) -> str:
    """What a model reads of a row as one text, for a person."""
    return given if isinstance(given, str) else " / ".join(given)


def weights_size(path: Path) -> int:
    """Bytes of a checkpoint's weights, or of the graph that a bundle loads."""
    made = open_model(path)
    if isinstance(made, Bundle):
        return made.variant_file().stat().st_size
    return sum(file.stat().st_size for file in made.path.glob("*.safetensors"))
