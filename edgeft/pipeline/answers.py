"""What models say of the splits of a run's data, each asked once and kept on disk."""

import json
from pathlib import Path

import numpy as np

from edgeft.artifacts import MANIFEST, Dataset, open_model
from edgeft.context import Context
from edgeft.data.rows import open_split, truth_of
from edgeft.evaluation import evaluate
from edgeft.pipeline.fingerprints import fingerprint
from edgeft.pipeline.nodes import Plan
from edgeft.runtime.outputs import Outputs
from edgeft.runtime.tuning import cpu_model
from edgeft.tasks import Scores
from edgeft.writing import whole_file, write_text


class Answers:
    """The answers of a run's models, cached by what stands in the models and the data."""

    def __init__(self, plan: Plan, data: Dataset, context: Context) -> None:
        self.plan = plan
        self.data = data
        self.context = context
        self.folder = plan.out / ".cache" / "outputs"
        first = plan.reference
        known = open_model(first).labels if first else []
        ours = set(data.labels)
        self.names = [*data.labels, *(label for label in known if label not in ours)]
        """the columns of all logits; a label that only the model knows is always a wrong one"""
        self.made = {node.path for node in plan.nodes}
        self.given: dict[Path, str] = {}
        """hashes of models that no step of the run made"""

    def outputs(self, path: Path, split: str) -> Outputs:
        """What a model says of a split, its columns in the order of `names`."""
        file = self.file(self.print_of(path), split)
        if not file.is_file():
            model = open_model(path)
            ours = set(self.data.labels)
            own = [label for label in model.labels if label not in ours]
            place_of = {name: place for place, name in enumerate(self.names)}
            columns = [place_of[label] for label in (*self.data.labels, *own)]
            found = evaluate(
                model,
                self.data,
                split,
                task=self.plan.task,
                device=self.context.device,
                threads=self.context.threads,
                progress=self.context.progress,
            )
            save(found.outputs.spread(columns, len(self.names)), file)
            error = {"calibration_error": found.scores.calibration_error}
            write_text(file.with_suffix(".json"), json.dumps(error))
        return saved(file)

    def scores(self, path: Path, split: str) -> Scores:
        """The scores of a model, with the calibration error of its own probabilities.

        What a model says is kept as decided, and probabilities cannot be read off that.
        """
        found = self.plan.task.score(self.truth(split), self.outputs(path, split), self.names)
        file = self.file(self.print_of(path), split).with_suffix(".json")
        if not file.is_file():
            return found
        return found.model_copy(update=json.loads(file.read_text(encoding="utf-8")))

    def truth(self, split: str) -> np.ndarray:
        """What the answers of a split say, as the task scores them: (rows, ...).

        Where rows have no answers, that is what the teacher says of them.
        """
        teacher = self.plan.reference
        if teacher and not self.plan.task.labelled:
            return self.outputs(teacher, split).values
        return truth_of(open_split(self.data, split), self.plan.task, self.names)

    def print_of(self, path: Path) -> str:
        """A hash of the model at a path, and of the processor that it answers on.

        Of the model itself, and not of what it is made by: one that is made anew may be another,
        such as a bundle whose variant was chosen by time.
        """
        manifest = path / MANIFEST
        told = manifest.read_text(encoding="utf-8") if manifest.is_file() else ""
        if path not in self.made:  # nobody looked whether it is whole
            if path not in self.given:
                self.given[path] = open_model(path).digest_now
            told += self.given[path]
        return fingerprint(model=told, cpu=cpu_model())

    def file(self, model: str, split: str) -> Path:
        """Where what a model says of a split is kept, by the model's hash."""
        return self.folder / f"{model}-{self.plan.data.fingerprint}-{split}.npz"


def save(outputs: Outputs, file: Path) -> None:
    """Write outputs as a .npz file, whole or not at all, in a directory that need not exist."""
    arrays = {"values": outputs.values, "starts": outputs.starts, "spans": outputs.spans}
    given = {name: array for name, array in arrays.items() if array is not None}
    file.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(file) as partial, partial.open("wb") as stream:
        np.savez(stream, **given)  # type: ignore[arg-type]


def saved(file: Path) -> Outputs:
    """The outputs that `save` wrote."""
    with np.load(file, allow_pickle=False) as found:
        return Outputs(**{name: found[name] for name in found.files})
