"""Students of the teacher of a finished run, made in different ways, for benchmarks to compare.

The options are those that `distill: auto` would choose: more copies of a text, fewer passes.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from recording import spread

from edgeft.artifacts import Bundle, Checkpoint, Dataset
from edgeft.cli.progress import Lines
from edgeft.context import Context
from edgeft.evaluation import evaluate
from edgeft.intervals import interval
from edgeft.pipeline.search.effort import MOST, PASSES
from edgeft.registry import load_plugins
from edgeft.tasks.text_classification import TextClassification

TASK = TextClassification()
RUN = Path("runs/first-recipe/banking77/default-0")
"""where benchmarks/first_recipe.py leaves its first run"""
MADE = Path("runs/students")
COPIES = {"augment-mask": 10, "augment-neighbours": 8, "clean-review": 0, "masked": 2}
"""copies of a text in each data set: all, those with like words, none, and those with masks"""
Options = dict[str, Any]


@dataclass(frozen=True)
class Way:
    """One way of making a bundle; None leaves a step out."""

    distill: str
    """the method; empty where the teacher itself is pruned, exported and quantized"""
    options: Options = field(default_factory=dict)
    data: str = "augment-mask"
    taught: bool = True
    """whether it learns from its teacher's logits, and not from labels alone"""
    structure: Options | None = None
    """of the step that removes heads and neurons"""
    vocabulary: Options | None = None
    """of the step that removes tokens"""
    export: Options = field(default_factory=dict)
    quantize: Options | None = field(default_factory=dict)


STATIC = Way("static")
LAYERS = Way("layers", {"keep": 2}, vocabulary={})


class Maker:
    """Makes the bundles of one seed; what is there already is taken."""

    def __init__(self, run: Path, out: Path, seed: int) -> None:
        self.run, self.out, self.seed = run, out, seed
        self.registry = load_plugins()
        self.teacher = Checkpoint.open(run / "finetune-full")
        self.place = f"{self.teacher.digest[:12]}/seed-{seed}"
        """below `out`: students of another teacher stand elsewhere"""

    def bundle(self, way: Way) -> Bundle:
        """What comes out of a way."""
        made: Any = self.teacher
        place = f"{self.place}/teacher"
        if way.distill:
            made, place = self.student(way)
        data = Dataset.open(self.run / "data")
        for kind, method, options in (
            ("prune", "structure", way.structure),
            ("prune", "vocabulary", way.vocabulary),
            ("export", "onnx", way.export),
            ("quantize", "dynamic", way.quantize),
        ):
            if options is not None:
                place += f"/{method}-{key(options)}"
                made = self.step(kind, method, options, place, made, data)
        bundle: Bundle = made
        return bundle

    def student(self, way: Way) -> tuple[Any, str]:
        """The checkpoint of a student that was trained for its way, and where it stands."""
        usual = self.usual_epochs(way.distill)
        passes = min(MOST, PASSES / (1 + COPIES[way.data]))
        epochs = round(passes * usual / self.usual_epochs("layers"), 1)
        options = self.registry.options("distill", way.distill, {"epochs": epochs, **way.options})
        if not way.taught:
            cls: Any = self.registry.step("distill", way.distill)
            options = cls(options, context=None).plain().model_copy(update={"epochs": usual})
        given = options.model_dump(exclude_unset=True)
        place, texts = f"{self.place}/{way.distill}-{way.data}-{key(given)}", self.texts(way.data)
        return self.step("distill", way.distill, given, place, self.teacher, texts), place

    def usual_epochs(self, method: str) -> float:
        """The passes that a method makes over texts without copies, if nobody says how many."""
        epochs: float = self.registry.step("distill", method).Options.model_fields["epochs"].default
        return epochs

    def texts(self, name: str) -> Dataset:
        """Texts and their copies: of the run, or masked ones alone."""
        if name != "masked":
            return Dataset.open(self.run / name)
        plain, options = Dataset.open(self.run / "clean-review"), {"copies": COPIES[name]}
        data: Dataset = self.step("augment", "mask", options, f"{self.place}/masked", plain)
        return data

    def step(self, kind: str, method: str, options: Options, place: str, *inputs: Any) -> Any:
        """Take a step into its directory, or open what it made there before."""
        out = self.out / place / kind
        if out.exists():
            kinds: dict[str, Any] = {"augment": Dataset, "distill": Checkpoint, "prune": Checkpoint}
            return kinds.get(kind, Bundle).open(out)
        print(f"{place}: {kind} {method} {options}", flush=True)
        context = Context(
            out=out,
            task=TASK,
            seed=self.seed,
            device="cpu",
            cache=self.run / ".cache",
            progress=Lines(),
            find_step=self.registry.step,
        )
        cls: Any = self.registry.step(kind, method)
        return cls(self.registry.options(kind, method, options), context).run(*inputs)


def key(options: Options) -> str:
    """A name for options, in characters that a directory may have."""
    said = "-".join(f"{name}={value}" for name, value in options.items()) or "default"
    return "".join(each if each.isalnum() or each in "-=" else "-" for each in said)


def right(subject: Bundle | Checkpoint, data: Dataset) -> np.ndarray:
    """Which test texts a subject answers rightly: bool (n,)."""
    return evaluate(subject, data, "test", task=TASK, threads=1).correct


def judged(correct: np.ndarray, reference: np.ndarray) -> dict[str, Any]:
    """Accuracy over the seeds, and what is lost to a reference, by right answers.

    `correct` is (seeds, n), `reference` the share of its seeds that were right, (n,).
    """
    drops = reference - correct.mean(axis=0)
    return {
        "accuracy": spread([float(each.mean()) for each in correct]),
        "drop": float(drops.mean()),
        "drop_interval": interval(drops),
    }


def size_of(bundle: Bundle) -> int:
    """Bytes of the ONNX file that a bundle ships."""
    return bundle.variant_file(bundle.manifest.chosen).stat().st_size
