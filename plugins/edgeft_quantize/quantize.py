"""A bundle gets an int8 variant: quantize, gate, time, choose, write."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from edgeft.gates import GateResult
from edgeft.gates.texts import spread
from edgeft.plugin import Bundle, BundleError, Dataset, Quantizer
from edgeft.quantization.attention import LONGEST, SHORTEST
from edgeft.quantization.moments import Feed
from edgeft.quantization.nodes import weight_nodes
from edgeft.quantization.profiles import profile_of
from edgeft.runtime.batching import ROWS
from edgeft.runtime.given import Given
from edgeft.runtime.golden import GOLDEN, given_of, write_golden
from edgeft.runtime.outputs import Outputs
from edgeft.runtime.session import open_session
from edgeft_quantize import QuantizeOptions
from edgeft_quantize.choosing import choose
from edgeft_quantize.job import Job, QuantizeGraph, answers, gate_rows
from edgeft_quantize.ladder import Cost, Rung, first_rung, ladder
from edgeft_quantize.learnt import as_learnt
from edgeft_quantize.saturation import refuse_saturation
from edgeft_quantize.sensitivity import sensitivity
from edgeft_quantize.smaller import add_smaller
from edgeft_quantize.variants import FLOAT, drop_variant, free_variant, take_over

TIMED_TEXTS = 64
SENSITIVITY_TEXTS = 200


def quantize(
    step: Quantizer[Any],
    options: QuantizeOptions,
    bundle: Bundle,
    data: Dataset,
    quantize_graph: QuantizeGraph,
) -> Bundle:
    """Write `bundle` with a further int8 variant, and choose what ships.

    That is the smallest of those that are accurate enough and about as fast as the fastest, and
    that stay within the budgets, if any does.

    Where every rung of the ladder is refused by the gates, the variants stay as they were, and a
    note says so. Raises ModelError where there is nothing to quantize.
    """
    context = step.context
    options = as_learnt(options, bundle, context.progress)
    nodes = weight_nodes(float_graph(bundle))
    first = first_rung(nodes, options)
    profile = profile_of(options.profile)
    variant = free_variant(
        bundle.manifest.variants, profile.name, f"int8-{step.name}", first.tables
    )
    with step.writing(Bundle, bundle=bundle, data=data) as draft:
        take_over(bundle, draft)
        rows = gate_rows(bundle, data, context)
        job = Job(step, bundle, data, rows, draft, nodes, variant, profile, quantize_graph)
        draft.figures |= {"variant": variant, "profile": profile.name}
        gate, rung = climb(job, first)
        if gate.passed:
            add_smaller(job, rung, gate, options)
            if rung.attention_bits:
                draft.figures["attention"] = long_enough(job)
            sample = spread(data, "validation", TIMED_TEXTS, seed=context.seed)
            draft.figures["batch_effect"] = batch_effect(job, sample)
            draft.figures["choice"] = choose(draft, sample, context.timed_threads, context.gates)
            draft.manifest.choice["variant"] = draft.figures["choice"]
        else:
            drop_variant(draft, variant)
            draft.figures["choice"] = stays(job, gate)
            draft.manifest.choice.setdefault("variant", draft.figures["choice"])
        write_golden(draft.path, shipped_texts(bundle), draft.manifest.model_dump(mode="json"))
    return draft.artifact


def climb(job: Job, first: Rung) -> tuple[GateResult, Rung]:
    """Try the rungs of the ladder until one passes; its graph, or the last one's, is left."""
    found: list[GateResult] = []
    gates: list[dict[str, Any]] = []
    job.draft.figures["gates"] = gates
    with job.context.progress.bar("quantizing", unit="graphs") as bar:
        for rung in ladder(first, job.nodes, lambda rung: measure(job, rung)):
            gate, lost = job.make(rung, job.context.gates.max_drop)
            accurate = gate.passed
            if accurate and job.profile.sums_pairs:
                refuse_saturation(job, rung, gate)
            found.append(gate)
            gates.append(gate.model_dump(mode="json") | {"divergence": lost})
            bar.advance(1, **{gate.metric: gate.candidate})
            if accurate:  # what saturates does so further up the ladder, too
                break
    if note := perhaps_for_nothing(found):
        job.context.progress.note(f"quantize: {note}")
    return gate, rung


def perhaps_for_nothing(tried: list[GateResult]) -> str:
    """Of the gates of a ladder: what is to be said where noise may have made it go up."""
    first, last = tried[0], tried[-1]
    too_much = first.drop > first.allowed  # else sums saturate, which is not of these texts
    if len(tried) == 1 or not last.passed or not too_much or first.interval[0] > 0:
        return ""
    return (
        f"{last.note}, since int8 {first.note} lost {first.drop:.4f} {first.metric} on {first.n:,}"
        " validation texts. So few cannot tell that from no loss: with a few hundred the file may"
        " be smaller"
    )


def measure(job: Job, rung: Rung) -> list[Cost]:
    """What each part of a rung costs, kept in the history."""
    threads = job.context.threads
    feeds = job.feeds(SENSITIVITY_TEXTS)
    title = "looking for what costs accuracy"
    with (
        TemporaryDirectory(dir=job.draft.path) as work,
        job.context.progress.bar(title, unit="graphs") as bar,
    ):
        target = Path(work) / "alone.onnx"

        reference = outputs_alone(job.source, feeds, threads)

        def divergence(names: tuple[str, ...]) -> float:
            job.quantize_graph(job.source, target, replace(rung, nodes=names))
            bar.advance(1)
            found = outputs_alone(target, feeds, threads)
            return job.context.task.divergence(reference, found)

        members = [node for node in job.nodes if node.name in rung.nodes]
        costs = sensitivity(members, divergence)
    job.draft.figures["sensitivity"] = {
        "texts": len(feeds),
        "costs": [asdict(cost) for cost in costs],
    }
    return costs


def outputs_alone(path: Path, feeds: list[Feed], threads: int | None) -> Outputs:
    """All that a graph says of texts, each in a batch of its own.

    Where it answers tokens, each of them is an item, and its number stands for its characters.
    """
    session = open_session(path, "cpu", threads or 1)
    found = [session.run(None, feed)[0] for feed in feeds]
    values = np.concatenate([each.reshape(-1, each.shape[-1]) for each in found])
    if found[0].ndim < 3:
        return Outputs(values)
    counts = [each.shape[1] for each in found]
    places = np.concatenate([np.arange(count) for count in counts])
    return Outputs(
        values, np.cumsum([0, *counts]), np.stack([places, places + 1], axis=1).astype(np.int32)
    )


def float_graph(bundle: Bundle) -> Path:
    """The float32 graph of a bundle; raises BundleError where it has none."""
    if FLOAT not in bundle.manifest.variants:
        raise BundleError(
            f"{bundle.path} has no {FLOAT} graph to quantize", hint="export the checkpoint again"
        )
    return bundle.variant_file(FLOAT)


def batch_effect(job: Job, texts: list[Given]) -> dict[str, Any]:
    """How far a text's int8 logits would depend on the texts that it were batched with.

    Dynamic quantization takes one scale for the activations of a whole batch, which is why the
    runtime computes texts one by one unless it is given a `batch_size`.
    """
    quantized = Bundle(job.draft.path, job.draft.manifest)
    alone = answers(quantized, job.variant, texts, job.context, batch_size=1)
    together = answers(quantized, job.variant, texts, job.context, batch_size=ROWS)
    return {
        "texts": len(texts),
        "batch_size": ROWS,
        "max_difference": round(float(np.abs(alone.values - together.values).max()), 6),
        "agreement": job.context.task.agreement(alone, together),
    }


def long_enough(job: Job) -> dict[str, int]:
    """How many validation texts, each alone, have attention of integers; a note where none has.

    Others are too short or too long for it.
    """
    feeds = job.feeds(SENSITIVITY_TEXTS)
    tokens = [feed["input_ids"].shape[1] for feed in feeds]
    found = sum(SHORTEST <= each <= LONGEST for each in tokens)
    if not found:
        job.context.progress.note(
            f"quantize: attention multiplies integers for {SHORTEST} to {LONGEST} tokens, and no"
            " validation text has so many: no gate tells what such texts lose"
        )
    return {"texts": len(feeds), "with_integers": found}


def stays(job: Job, gate: GateResult) -> dict[str, Any]:
    """What is recorded, and noted for the user, where every rung is refused."""
    kept = job.draft.manifest.chosen
    reason = (
        f"int8 costs {gate.drop:.4f} {gate.metric} on validation even with most weights in"
        f" float32, {gate.allowed:g} is allowed"
        if gate.drop > gate.allowed
        else f"{job.profile.name} needs 7 bits for weights: {gate.note}"
    )
    shown = "float32" if kept == FLOAT else kept
    job.context.progress.note(f"quantize: {shown} stays: {reason}")
    return {"chosen": kept, "reason": reason}


def shipped_texts(bundle: Bundle) -> list[Given]:
    """The texts of the golden file that the bundle had."""
    golden = json.loads((bundle.path / GOLDEN).read_text(encoding="utf-8"))
    return [given_of(each["text"]) for each in golden["texts"]]
