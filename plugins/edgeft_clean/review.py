"""Looks at every row with every check, writes what was found, and follows what was decided."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from edgeft.data.likeness import normalise
from edgeft.data.notes import notes
from edgeft.data.summary import describe, measure, weighted
from edgeft.plugin import Context, DataError, Dataset, Draft, Task
from edgeft_clean import ReviewOptions
from edgeft_clean.applying import apply, before_and_after, class_balance, imbalance
from edgeft_clean.decisions import FILE, excerpt
from edgeft_clean.decisions import read as read_decisions
from edgeft_clean.decisions import write as write_decisions
from edgeft_clean.duplicates import contradictions, duplicates, near_duplicates, overlaps
from edgeft_clean.findings import LABEL, Decision, Finding, decided
from edgeft_clean.languages import languages
from edgeft_clean.rows import Rows, read
from edgeft_clean.sparing import believed, spared
from edgeft_clean.teachers import by_teachers, teacher_of
from edgeft_clean.texts import boilerplate, lengths, scripts, texts
from edgeft_clean.unlike import by_heads, label_errors, outliers
from edgeft_clean.vectors import learnt_by_heart, vectors

PLAIN = {
    "duplicate": duplicates,
    "near-duplicate": near_duplicates,
    "contradiction": contradictions,
    "overlap": overlaps,
    "text": texts,
    "length": lengths,
    "script": scripts,
    "language": languages,
    "boilerplate": boilerplate,
}
"""checks that look at the characters alone"""
SUREST = 20
"""probable label errors that the report shows"""
UNEVEN = 10.0
"""rows of the most frequent label for one of the rarest, from which on it is said"""


def review(draft: Draft[Dataset], data: Dataset, options: ReviewOptions, context: Context) -> None:
    """Write the rows and the decisions about them; only decisions that are followed change any."""
    if options.teacher and not options.decisions:  # what is wrong with it is said at once
        teacher_of(options, context.find_model(str(options.model)), context)
    rows = read(data, context.task, context.progress)
    if options.decisions:
        file = Path(options.decisions)
        if context.out.resolve() in file.resolve().parents:
            raise DataError(
                f"{file} stands in the directory that is about to be replaced",
                hint="copy it elsewhere first, and name the copy",
            )
        decisions = followed = read_decisions(file, rows)
    else:
        findings = found(rows, data, options, context)
        decisions = spared(believed(decided(findings, of_rows(rows)), rows), rows)
        followed = decisions if options.apply else []
        write_decisions(draft.path / FILE, decisions)
    draft.manifest.rows = apply(data, draft.path, followed, context.task)
    balance = class_balance(data, context.task)
    draft.figures = figures(decisions, followed, data, draft.manifest.rows, balance)
    draft.figures["given"] = options.decisions is not None
    weights = pq.read_table(draft.path / "train.parquet", columns=["weight"])["weight"]
    summary = described_again(data.manifest.summary, rows, followed, weights, context.task)
    # texts are for the report: figures go with every artifact that is made of the data
    shown = {} if options.decisions else {"label_errors": surest(decisions)}
    draft.manifest.summary = summary | {"cleaning": draft.figures | shown}
    for note in told(decisions, followed, imbalance(balance), context.out / FILE):
        context.progress.note(note)


def found(rows: Rows, data: Dataset, options: ReviewOptions, context: Context) -> Iterator[Finding]:
    """All that the wanted checks say."""
    seed = context.seed if options.seed is None else options.seed
    wanted = [each for each in dict.fromkeys(options.checks) if each != LABEL or rows.one_label]
    read = {"outlier"} if options.teacher else {LABEL, "outlier"}
    places = np.arange(len(rows)) if "outlier" in wanted else rows.training
    of_texts = np.empty((0, 0))
    if read & {*wanted} and len(places):
        of_texts = vectors(rows.texts.take(pa.array(places)), options.model, context)
    known = options.model if LABEL in wanted else None
    if known and (warning := learnt_by_heart(context.find_model(known))):
        context.progress.note(warning)

    def asked() -> np.ndarray:
        if options.teacher:
            return by_teachers(rows, data, options, context, seed)
        return by_heads(rows.given, of_texts[np.isin(places, rows.training)], seed=seed)

    with context.progress.bar("reviewing", len(wanted), "checks") as bar:
        for check in wanted:
            if check in PLAIN:
                yield from PLAIN[check](rows)
            elif check == LABEL:
                yield from label_errors(
                    rows, asked, confidence=options.confidence, unsure=options.unsure
                )
            else:
                yield from outliers(rows, of_texts, seed=seed)
            bar.advance()


def surest(decisions: list[Decision]) -> list[dict[str, Any]]:
    """The probable label errors that the check is surest of, each text once, for the report."""
    named = [each for each in decisions if LABEL in each.checks]
    of_text: dict[str, Decision] = {}
    for each in sorted(named, key=lambda each: (-each.doubt, each.row)):
        of_text.setdefault(normalise(each.text), each)
    return [
        {
            "text": excerpt(each.text),
            "label": each.label,
            "action": each.action,
            "new_label": each.new_label,
            "why": "; ".join(each.why),
            "score": round(each.doubt, 3),
        }
        for each in islice(of_text.values(), SUREST)
    ]


def described_again(
    before: dict[str, Any],
    rows: Rows,
    followed: list[Decision],
    weights: pa.ChunkedArray,
    task: Task,
) -> dict[str, Any]:
    """The summary of the rows that are left, with the labels and weights they have now."""
    dropped = {each.row for each in followed if each.action == "drop"}
    renamed = {each.row: each.new_label for each in followed if each.action == "relabel"}
    left = np.asarray([int(row) not in dropped for row in rows.ids])
    labels = [
        renamed.get(int(row), label) or None
        for row, label in zip(rows.ids, rows.labels, strict=True)
    ]
    table = pa.table({"text": rows.texts, "label": pa.array(labels, pa.string())})
    splits = {
        split: np.flatnonzero((rows.splits == split) & left) for split in dict.fromkeys(rows.splits)
    }
    counts = {
        split: task.counts([labels[place] for place in places], rows.names)
        for split, places in splits.items()
    }
    measured = measure(table, rows.likeness)
    if rows.groups is not None:
        measured = measured.in_groups(rows.groups)
    found = describe(measured, splits, rows.names, counts)
    before = {key: value for key, value in before.items() if key != "weighted"}
    found = {"dropped": {}, **before, **found, **weighted(weights)}
    return found | {"notes": notes(found)}


def of_rows(rows: Rows) -> dict[int, tuple[str, str, str]]:
    """Split, text and label of the rows by their ids."""
    return {
        int(row): (str(rows.splits[place]), rows.text(place), rows.labels[place])
        for place, row in enumerate(rows.ids)
    }


def figures(
    decisions: list[Decision],
    followed: list[Decision],
    data: Dataset,
    rows: dict[str, int],
    balance: dict[str, int],
) -> dict[str, Any]:
    """What the history and the report say of a review."""
    return {
        **before_and_after(data, followed),
        "rows_after": dict(rows),
        "found": dict(Counter(check for each in decisions for check in each.checks)),
        "proposed": dict(Counter(each.action for each in decisions)),
        "imbalance": round(imbalance(balance), 1),
    }


def told(
    decisions: list[Decision], followed: list[Decision], uneven: float, file: Path
) -> Iterator[str]:
    """A sentence each for what was found, for what was done, and for an uneven balance."""
    counts = Counter(check for each in decisions for check in each.checks)
    if counts:
        listed = ", ".join(f"{check} {count:,}" for check, count in counts.most_common())
        rows = "1 row is" if len(decisions) == 1 else f"{len(decisions):,} rows are"
        yield f"{rows} worth a look: {listed}; see {file}"
    idle = [each.where for each in followed if each.new_label and each.action != "relabel"]
    if idle:
        lines = "1 line names" if len(idle) == 1 else f"{len(idle):,} lines name"
        yield (
            f"{lines} a new_label beside another action than relabel, so it is not given; the"
            f" first is {idle[0]}"
        )
    done = Counter(each.action for each in followed)
    if done.total() > done["keep"]:
        lighter = f", {done['down-weight']:,} down-weighted" if done["down-weight"] else ""
        yield f"{done['drop']:,} rows dropped, {done['relabel']:,} relabelled{lighter}"
    elif decisions:
        proposed = sum(each.action != "keep" for each in decisions)
        changes = "1 change is" if proposed == 1 else f"{proposed:,} changes are"
        yield f"no row was changed; {changes} proposed"
    if uneven >= UNEVEN:
        yield f"the most frequent label has {uneven:.0f} times the rows of the rarest"
