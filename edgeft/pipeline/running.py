"""Works through a plan: each node once, gates after every lossy step, then the report.

What an interrupted run left whole is found again by its fingerprint. Under torchrun every process
works on the nodes that are distributed, and waits for the main one at all others.
"""

import json
import logging
import shutil
import time
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edgeft import __version__
from edgeft.artifacts import MANIFEST, Artifact, Bundle, Dataset, open_model
from edgeft.context import Context, Device
from edgeft.errors import GateError, PluginError, RecipeError
from edgeft.gates import BudgetResult, GateResult
from edgeft.gates.failing import failings, loss, remedies
from edgeft.models import strange_texts
from edgeft.pipeline.claiming import BUNDLE, claimed
from edgeft.pipeline.finishing import tell
from edgeft.pipeline.nodes import Node, Plan
from edgeft.pipeline.outcome import outcome
from edgeft.pipeline.planning import plan
from edgeft.pipeline.refusing import refuse_unreachable
from edgeft.processes import is_main, peak_memory_bytes, world_size
from edgeft.progress import Progress, Silence
from edgeft.recipe import Recipe
from edgeft.registry import Registry
from edgeft.report import Attempt, Report, Row, StepRun
from edgeft.report.asking import examples
from edgeft.report.verdict import verdict
from edgeft.writing import write_text

LOOKED_AT = 2000
"""training texts that tell whether a base knows what they are written in"""
WAIT = 0.5  # seconds between two looks at what the main process has finished
log = logging.getLogger(__name__)


def run(
    recipe: Recipe,
    out: Path,
    registry: Registry,
    *,
    progress: Progress | None = None,
    threads: int | None = None,
    device: Device = "auto",
    force: bool = False,
    compared: bool = True,
) -> Report | None:
    """Run a recipe into `out`, reusing what an earlier run of it left there.

    Leaves the nodes' directories, `bundle/`, report.json, report.md and report.html. Returns the
    report, or None in a process of a distributed run that is not the main one. Only where it is
    `compared` are the models timed against each other, and is the student trained once more without
    its teacher. Raises GateError when a step lost more than the recipe allows, or the bundle is
    over a budget: then the report is written all the same, and the bundle stays in its step's
    directory.
    """
    progress = progress or Silence()
    made = Run(recipe, Path(out), registry, progress, threads, device, force, compared)
    with claimed(made.plan.out, recipe) if is_main() else nullcontext():
        bundle = made.plan.out / BUNDLE
        before = bundle.stat().st_ino if bundle.is_dir() else None
        try:
            return made.finish()
        except BaseException:
            if is_main() and bundle.is_dir() and bundle.stat().st_ino == before:
                progress.note(f"{bundle} and the report beside it are of an earlier run")
            raise


class Run:
    """One run of a recipe."""

    def __init__(
        self,
        recipe: Recipe,
        out: Path,
        registry: Registry,
        progress: Progress,
        threads: int | None,
        device: Device,
        force: bool,
        compared: bool = True,
    ) -> None:
        self.started = time.perf_counter()
        self.recipe = recipe
        self.registry = registry
        self.progress = progress
        self.compared = compared
        self.plan = self.made_of(plan(recipe, out, registry, force=force))
        if self.plan.candidates and world_size() > 1:
            raise RecipeError(
                "distill: auto cannot search in several processes at once",
                hint="run it in one, or name a student: distill: {method: layers, keep: 2}",
            )
        if is_main():
            refuse_unreachable(self.plan)
            if tight := self.plan.may_fill_the_disk:
                progress.note(tight)
        self.context = Context(
            out=out,
            task=self.plan.task,
            seed=recipe.seed,
            device=device,
            threads=threads,
            timed_threads=recipe.bench.threads,
            gates=recipe.gates,
            force=True,
            progress=progress,
            cache=out / ".cache",
            find_model=registry.find_model,
            find_data=registry.dataset_source,
            find_step=registry.usable_step,
        )
        self.steps: list[StepRun] = []
        self.attempts: list[Attempt] = []
        self.notes: list[str] = []

    def made_of(self, plan: Plan) -> Plan:
        """What this run makes of a plan."""
        return plan if self.compared else plan.without_plain()

    def finish(self) -> Report | None:
        """Make every node, judge the lossy ones, write the report and the bundle."""
        for node in self.plan.nodes:
            self.make(node)
            if node is self.plan.data and is_main():
                self.look_at_texts(node)
            if node.kind == "distill" and node is not self.plan.plain and is_main():
                self.look_at_student(node)
        failure = self.search() if self.plan.candidates else None
        if not is_main():
            return None
        from edgeft.pipeline.budgets import check_budgets
        from edgeft.pipeline.judging import Judge
        from edgeft.pipeline.old_texts import on_old_texts

        data = Dataset.open(self.plan.data.path)
        judge = Judge(self.plan, data, self.context)
        gates = judge.gates()
        budgets = check_budgets(judge)
        rows = judge.rows()
        benchmark = judge.benchmark(rows) if self.compared else {}
        report = self.report(data, gates, budgets, rows, benchmark)
        report.validation = judge.on_validation(rows)
        report.old_texts = on_old_texts(judge, rows)
        report.mistakes = judge.mistakes(rows)
        failure = failure or self.failure(gates, budgets)
        if self.plan.bundle and not failure:
            self.deliver(self.plan.bundle, report)
        else:  # one that stands there is another recipe's
            shutil.rmtree(self.plan.out / BUNDLE, ignore_errors=True)
        self.write(report)
        if failure:
            failure.report = report
            raise failure
        return report

    def look_at_texts(self, node: Node) -> None:
        """Tell of too few texts, and of some that the base cannot read, before any training."""
        from edgeft.data.rows import open_split
        from edgeft.pipeline.judging import LOSSY
        from edgeft.report.cautions import enough, unresolved

        data = Dataset.open(node.path)
        judging = data.manifest.rows.get("validation", 0)
        lossy = self.plan.candidates or any(each.kind in LOSSY for each in self.plan.nodes)
        allowed = self.recipe.gates.max_drop
        if lossy and 0 < judging < enough(allowed):
            self.progress.note(f"a {unresolved(allowed, judging)}")
        texts = open_split(data, "train")[:LOOKED_AT]["text"]
        if strange := strange_texts(self.plan.base, self.plan.recipe.base, texts):
            self.notes.append(f"{strange}.")
            self.progress.note(strange)

    def look_at_student(self, node: Node) -> None:
        """Tell of a student that its gate will stop, before minutes go into its export."""
        from edgeft.pipeline.judging import Judge

        judge = Judge(self.plan, Dataset.open(self.plan.data.path), self.context)
        gate = judge.gate(node, node.inputs["teacher"])
        if not gate.passed:
            self.progress.note(
                f"{loss(gate)}: no bundle will be delivered. The run goes on for its report; what"
                " was made is kept if you stop it"
            )

    def search(self) -> GateError | None:
        """Look for the student, and go on with its plan; returns why none may ship, if none may.

        Then the rest of the report is about the nearest one.
        """
        from edgeft.pipeline.search.searching import failure, search

        found = search(self.plan, self.context, self.make)
        self.attempts = found.attempts
        error = None if found.winner else failure(found, self.plan)
        if found.winner:
            self.plan = self.made_of(found.winner)
        elif found.nearest:
            self.plan = found.nearest[0].plan.without_plain()
        for node in self.plan.nodes:
            self.make(node)
        return error

    def make(self, node: Node) -> None:
        """Make one node, or find that it is made already."""
        if any(step.name == node.name for step in self.steps):
            return
        started = time.perf_counter()
        cached = node.cached
        if cached and world_size() == 1 and (damage := node.damage()):
            self.progress.note(f"{node.name} is made again: {damage}")
            cached = False
        if cached:
            self.progress.note(f"{node.name}: cached")
        elif is_main() or (node.cls is not None and node.cls.distributed):
            self.work_on(node)
        if is_main() and not node.cached:
            raise PluginError(
                f"{node.kind} {node.method} left no result at {node.path}",
                hint="a step writes what it returns with self.writing(...), see docs/plugins.md",
            )
        while not node.cached:
            time.sleep(WAIT)
        self.steps.append(
            StepRun(
                name=node.name,
                kind=node.kind,
                method=node.method,
                seconds=round(time.perf_counter() - started, 2),
                cached=cached,
                figures=figures_of(node.path),
            )
        )

    def work_on(self, node: Node) -> None:
        """Run one node's step."""
        context = self.context.at(node.path, fingerprint=node.fingerprint)
        log.info("%s starts", node.name)
        if node.cls is None:
            from edgeft.data.prepare import prepare
            from edgeft.data.summary import render

            data = prepare(
                self.plan.recipe.data,
                self.plan.task,
                context,
                find=self.registry.dataset_source,
                goes_on=self.plan.goes_on,
            )
            self.progress.note(render(data.manifest.summary, notes=False))
            return
        step: Any = node.cls(node.options, context)
        inputs: dict[str, Any] = {role: opened(role, at) for role, at in node.inputs.items()}
        made = outcome(step, inputs)
        tell(made, inputs["data"], context, self.registry)

    def report(
        self,
        data: Dataset,
        gates: list[GateResult],
        budgets: list[BudgetResult],
        rows: list[Row],
        benchmark: dict[str, Any],
    ) -> Report:
        """Put together what the run found."""
        bundle = Bundle.open(self.plan.bundle.path) if self.plan.bundle else None
        return Report(
            edgeft=__version__,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            task=self.plan.task.name,
            answer=self.plan.task.answer,
            labels=data.labels,
            tuned=self.plan.task.decides,
            example=examples(self.plan.task.first_decoding(data.labels))[0],
            recipe=self.recipe.model_dump(mode="json"),
            data=data.manifest.summary
            | {"notes": [*self.notes, *data.manifest.summary.get("notes", [])]},
            rows=rows,
            gates=gates,
            budgets=budgets,
            attempts=self.attempts,
            steps=self.steps,
            choice=bundle.manifest.choice if bundle else {},
            benchmark=benchmark,
            verdict=verdict(rows, self.attempts, failings(gates, budgets)),
            seconds=round(time.perf_counter() - self.started, 1),
            peak_memory_bytes=peak_memory_bytes(),
        )

    def deliver(self, node: Node, report: Report) -> None:
        """Copy the last bundle to `bundle/`, with its figures and its model card."""
        from edgeft.report.card import model_card
        from edgeft.report.cautions import cautions

        made = Bundle.open(node.path)
        row = report.row("bundle")
        with Bundle.create(self.plan.out / BUNDLE, force=True) as draft:
            shutil.copytree(made.path, draft.path, dirs_exist_ok=True)
            draft.manifest = made.manifest.model_copy(deep=True)
            draft.manifest.metrics = row.model_dump(mode="json", exclude={"scores"})
            draft.manifest.metrics["cautions"] = cautions(report)
            draft.manifest.benchmark = report.benchmark
            write_text(draft.path / "README.md", model_card(draft.manifest))

    def write(self, report: Report) -> None:
        """Write report.json, report.md and report.html."""
        from edgeft.report.html import to_html
        from edgeft.report.markdown import to_markdown

        out = self.plan.out
        write_text(out / "report.json", report.model_dump_json(indent=1) + "\n")
        write_text(out / "report.md", to_markdown(report))
        write_text(out / "report.html", to_html(report))

    def failure(self, gates: list[GateResult], budgets: list[BudgetResult]) -> GateError | None:
        """The error for the gates that failed and the budgets that the bundle is over."""
        failed = failings(gates, budgets)
        if not failed:
            return None
        return GateError(
            "; ".join(failed),
            hint="; ".join([f"see {self.plan.out / 'report.md'}", *remedies(gates, budgets)]),
        )


def opened(role: str, path: Path) -> Artifact[Any] | Path:
    """The artifact that a step's parameter of this name takes."""
    if role == "base":
        return path
    return Dataset.open(path) if role == "data" else open_model(path)


def figures_of(path: Path) -> dict[str, Any]:
    """What the step that made an artifact measured of itself."""
    history = json.loads((path / MANIFEST).read_text(encoding="utf-8"))["history"]
    return dict(history[-1]["figures"]) if history else {}
