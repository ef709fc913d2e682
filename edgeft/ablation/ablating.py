"""Runs a recipe whole and without each lever, for every seed, and says what each gives."""

import json
import logging
import math
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from statistics import mean, stdev

from pydantic import BaseModel

from edgeft import __version__
from edgeft.ablation import Ablation, Gain, Outcome
from edgeft.ablation.levers import Lever, changed
from edgeft.artifacts import MANIFEST
from edgeft.context import Device
from edgeft.errors import GateError, RecipeError
from edgeft.pipeline import plan, run
from edgeft.pipeline.fingerprints import fingerprint
from edgeft.processes import world_size
from edgeft.progress import Progress
from edgeft.recipe import Recipe
from edgeft.registry import Registry
from edgeft.report import Report, Row
from edgeft.writing import write_text

WHOLE = "whole"
REPORT = "report.json"
log = logging.getLogger(__name__)


def ablate(
    recipe: Recipe,
    found: Sequence[Lever],
    out: Path,
    registry: Registry,
    *,
    seeds: Sequence[int],
    progress: Progress,
    threads: int | None = None,
    device: Device = "auto",
) -> Ablation:
    """Run the recipe and each lever's with every seed; what was run before in `out` is kept.

    The runs of a seed share a directory, so that steps that a lever does not touch are made once;
    levers of the last steps come first, as they leave the most as it is. Raises EdgeftError, before
    the first run, for a lever without which the recipe could not run.
    """
    if world_size() > 1:
        raise RecipeError(
            "an ablation cannot run in several processes at once", hint="run it without torchrun"
        )
    levers = [Lever(WHOLE, "the whole recipe", recipe), *reversed(found)]
    for lever in levers:
        if plan(lever.recipe, out / f"seed-{seeds[0]}", registry).reference is None:
            raise RecipeError(
                "the recipe trains no model that knows labels, and there is nothing to measure",
                hint="add a finetune step, such as finetune: {method: full}",
            )
    kept: dict[str, list[Kept]] = {lever.name: [] for lever in levers}
    for place, (seed, lever) in enumerate(product(seeds, levers), start=1):
        what = lever.what if lever.name == WHOLE else f"without {lever.what}"
        progress.note(f"run {place} of {len(seeds) * len(levers)}: seed {seed}, {what}")
        recipe_of = changed(lever.recipe, seed=seed)
        kept[lever.name].append(
            ran(lever.name, recipe_of, out, registry, progress, threads, device)
        )
    row = kept[WHOLE][0].row
    more_is_better = registry.task(recipe.task).metrics[row.metric]
    runs = {name: [each.outcome for each in of_lever] for name, of_lever in kept.items()}
    gains = [gain(lever, runs[WHOLE], runs[lever.name], more_is_better) for lever in found]
    return Ablation(
        edgeft=__version__,
        recipe=recipe.model_dump(mode="json"),
        model=row.name,
        metric=row.metric,
        split="validation",
        runs=runs[WHOLE],
        gains=sorted(gains, key=lambda each: -each.gain),
    )


class Kept(BaseModel):
    """What is kept of a run in reports/, so that it need not be run again."""

    key: str
    """hash of the recipe and of all that goes into its steps"""
    seconds: float
    """time that its steps took when they were made"""
    report: Report

    @property
    def row(self) -> Row:
        """The row of what the run left."""
        row = self.report.shipped
        if row is None:
            raise ValueError("a report without rows")
        return row

    @property
    def outcome(self) -> Outcome:
        """What an ablation says of it: what to keep is chosen on validation, never on test."""
        found = self.report.validation
        if found is None:
            raise ValueError("a report without figures of validation")
        return Outcome(
            seed=int(self.report.recipe["seed"]),
            value=found.value,
            n=found.n,
            test=self.row.value if self.row.split == "test" else None,
            seconds=self.seconds,
            model=self.row.name,
            size_bytes=self.row.size_bytes,
            passed=self.report.passed,
        )


def ran(
    name: str,
    recipe: Recipe,
    out: Path,
    registry: Registry,
    progress: Progress,
    threads: int | None,
    device: Device,
) -> Kept:
    """One run, made now or before; a gate that fails is a result like others."""
    folder = out / f"seed-{recipe.seed}"
    file = out / "reports" / f"{folder.name}-{name}.json"
    nodes = plan(recipe, folder, registry).without_plain().nodes
    key = fingerprint(recipe=recipe.model_dump(mode="json"), nodes=[e.fingerprint for e in nodes])
    if file.is_file():
        found = Kept.model_validate_json(file.read_text(encoding="utf-8"))
        if found.key == key and found.report.validation:
            progress.note(f"{file.stem}: run before")
            return found
    left = folder / REPORT
    left.unlink(missing_ok=True)
    try:
        report = run(
            recipe,
            folder,
            registry,
            progress=progress,
            threads=threads,
            device=device,
            compared=False,
        )
    except GateError as error:
        if not left.is_file():
            raise
        log.warning("%s: %s", file.stem, error.message)
        report = Report.model_validate_json(left.read_text(encoding="utf-8"))
    if report is None:
        raise ValueError("an ablation runs in one process")
    seconds = sum(seconds_of(folder / step.name) for step in report.steps)
    kept = Kept(key=key, seconds=round(seconds, 1), report=report)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_text(file, kept.model_dump_json(indent=1) + "\n")
    return kept


def seconds_of(artifact: Path) -> float:
    """The time that the step took which made an artifact, 0 for data."""
    history = json.loads((artifact / MANIFEST).read_text(encoding="utf-8"))["history"]
    return float(history[-1]["seconds"]) if history else 0.0


def gain(
    lever: Lever, whole: list[Outcome], without: list[Outcome], more_is_better: bool = True
) -> Gain:
    """What a lever gives, by the runs with it and without it, one a seed each."""
    sign = 1 if more_is_better else -1
    pairs = list(zip(whole, without, strict=True))
    least = 1 / min(one.n for one in whole) if more_is_better else 0.0  # a share's smallest step
    differences = [sign * (one.value - other.value) for one, other in pairs]
    return Gain(
        lever=lever.name,
        what=lever.what,
        runs=without,
        gain=round(mean(differences), 6),
        interval=interval_of_mean(differences, least=least),
        seconds=round(mean(one.seconds - other.seconds for one, other in pairs[1:] or pairs), 1),
        same_texts=all(one.n == other.n for one, other in pairs),
    )


def interval_of_mean(values: list[float], least: float = 0.0) -> tuple[float, float]:
    """The 95 % interval of the mean of two values or more: mean +- t s / sqrt(n) (Student).

    `least` is the smallest half of it: values that happen to be alike are no proof.
    """
    from scipy.stats import t as student

    half = float(student.ppf(0.975, len(values) - 1)) * stdev(values) / math.sqrt(len(values))
    half = max(half, least)
    return round(mean(values) - half, 6), round(mean(values) + half, 6)
