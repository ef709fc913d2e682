"""What benchmarks/ measured of names in texts, in tables for docs/tasks/token-classification.md."""

from typing import Any

from results import ranged, read

from edgeft.report.markdown import table
from edgeft.report.wording import size

STUDENTS = {
    "entities": "3 layers: one pass that matches hidden states, four over logits",
    "entities_matched": "3 layers: three that match, one over logits",
    "entities_planted": "3 layers: one that matches, one over logits, of copies by `plant`, too",
    "entities_small": "3 layers, half the neurons and heads: one that matches, one over logits,"
    " of sentences of news and reviews, too",
    "entities_smallest": "the same, logits learnt with a table in codes and weights in four bits,"
    " as the file has them",
    "entities_narrow": "6 layers of half the width and neurons: three that match, one over logits",
}
"""the students of the first teacher, each a --way of benchmarks/entities.py and its result"""


def entity_teachers() -> str:
    """What makes a better teacher of names that nobody has seen."""
    found = read("entity_teachers")
    if found is None:
        return ""
    rows = [
        [f"`{way}`", *(ranged(each[split]) for split in ("validation", "test"))]
        for way, each in found["summary"].items()
    ]
    seeds = next(iter(found["summary"].values()))["test"]["seeds"]
    return "\n".join(
        [
            "WNUT-17, whose names are new by design, `finetune: full` on MiniLM-L6; F1 of entities,"
            f" mean and range of {seeds} seeds, each word by its likeliest label, with no threshold"
            " (`benchmarks/entity_teachers.py`). Each was trained for"
            f" {found['usual']['epochs']} epoch at {found['usual']['learning_rate']:g} where"
            " nothing else is said; copies are those of `augment: mention`:",
            "",
            *table(["training", "validation", "test"], rows),
        ]
    )


def entity_students() -> str:
    """What int8 students of a teacher of names have left of it, and what they take."""
    results = {name: found for name in STUDENTS if (found := read(name)) is not None}
    rows = [
        [
            STUDENTS[name],
            size(int(found["summary"]["bytes"]["bundle"]["mean"])),
            *(ranged(found["summary"]["f1"][model]) for model in ("teacher", "student", "bundle")),
            ranged(found["summary"]["loss_to_teacher"]),
            str(found["summary"]["loss_to_teacher"]["seeds"]),
            *pace(found),
        ]
        for name, found in results.items()
    ]
    columns = ["student", "file", "teacher", "float32", "file's F1", "loses", "seeds"]
    return "\n".join(
        [
            "Students of the first of these teachers, which learn from its copies and from"
            " tweets without labels, and from what their line names: F1 of entities, mean and range"
            " over seeds, and what one thread takes for a text, beside transformers' pipeline on"
            " the teacher on the same machine"
            f" (`benchmarks/entities.py --way`; {', '.join(f'`{name}`' for name in results)}):",
            "",
            *table([*columns, "a text", "pipeline", "32 texts"], rows),
        ]
    )


def pace(found: dict[str, Any]) -> list[str]:
    """Milliseconds a text, and how many times as long the teacher's pipeline takes."""
    if "benchmark" not in found:
        return ["", "", ""]
    rows = {(row["subject"], row["batch_size"]): row for row in found["benchmark"]["rows"]}
    ours, theirs = (rows[name, 1]["total"]["p50_ms"] for name in ("bundle", "teacher-pipeline"))
    together = rows["teacher-pipeline", 32]["ratio"]["value"]
    return [f"{ours:.1f} ms", f"{theirs / ours:.1f} times", f"{together:.1f} times"]
