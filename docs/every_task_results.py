"""What benchmarks/every_task.py measured, for docs/tasks/README.md."""

from typing import Any

from results import read

from edgeft.report.markdown import table
from edgeft.report.wording import figure, size

CORRELATED = ("regression", "similarity")
"""tasks whose answers are numbers, which agree more or less"""
RUNNER = "`benchmarks/every_task.py`"


def int8() -> str:
    """What int8 says beside float32, task by task, and beside itself in batches."""
    found = (read("every_task") or {}).get("int8")
    if not found:
        return ""
    rows = [
        [
            f"`{name}`" if name != "zero-shot" else "[zero-shot](zero-shot.md)",
            each["data"].rstrip("."),
            f"{int8_of(each)['n']:,}",
            f"`{int8_of(each)['metric']}`",
            figure(each["variants"]["fp32"]["value"]),
            figure(int8_of(each)["value"]),
            dropped(int8_of(each)),
            f"{int8_of(each)['allowed']:g}",
            " to ".join(size(each["variants"][kind]["bytes"]) for kind in ("fp32", "int8")),
            ships(each),
        ]
        for name, each in found.items()
    ]
    columns = ["task", "rows", "n", "metric", "float32", "int8", "lost", "allowed", "file", "ships"]
    return "\n".join([*table(columns, rows), "", shipped(found), "", alone(found)])


def int8_of(each: dict[str, Any]) -> dict[str, Any]:
    """What was measured of a task's int8 graph."""
    found: dict[str, Any] = each["variants"]["int8"]
    return found


def shipped(found: dict[str, Any]) -> str:
    """How many int8 graphs passed at once, and which smaller ones ship in their place."""
    first = sum(each["gates"][0]["passed"] for each in found.values())
    smaller = [each for each in found.values() if each["chosen"] not in ("fp32", "int8")]
    packed = [each for each in smaller if each["chosen"].endswith("w4")]
    said = (
        f"The gate passed {first} of the {len(found)} int8 graphs at the first try, with every"
        f" table and matrix of weights in int8. For {len(smaller)} of them a smaller one ships:"
        " `int8-int4` has its table of tokens in int4"
    )
    return (
        f"{said}; {len(packed)} have the weights of products in four bits, too (`w4`)."
        if packed
        else f"{said}."
    )


def ships(each: dict[str, Any]) -> str:
    """The graph that ships, its size, and what it loses."""
    chosen, variant = each["chosen"], each["variants"][each["chosen"]]
    return f"`{chosen}`, {size(variant['bytes'])}, {dropped(variant)}"


def dropped(variant: dict[str, Any]) -> str:
    """What a graph loses, with its paired interval."""
    low, high = variant["drop_interval"]
    return f"{variant['drop']:.3f} ({low:.3f} to {high:.3f})"


def alone(found: dict[str, Any]) -> str:
    """How far an answer depends on the texts that it is asked with."""
    decided = {
        name: each
        for name, each in found.items()
        if not name.endswith(CORRELATED) and "embeddings" not in name
    }
    apart = max(each["variants"]["fp32"]["alone"]["max_difference"] for each in found.values())
    shares = {name: int8_of(each)["alone"]["agreement"] for name, each in decided.items()}
    lowest, highest = min(shares, key=shares.__getitem__), max(shares.values())
    return (
        "Asked alone and in batches, the float32 graphs say the same of a text to"
        f" {apart:.0e} in any number. The int8 graphs would take one scale for the activations of"
        f" a batch: {shares[lowest]:.1%} (`{lowest}`) to {highest:.1%} of the answers that name"
        " something would stay the same. So the runtime asks int8 graphs one text at a time, unless"
        " it is given a `batch_size`; the figures above are of batches of 64."
    )


def tiny() -> str:
    """How long a whole chain takes on a tiny model."""
    found = (read("every_task") or {}).get("tiny")
    if not found:
        return ""
    seconds = [each["seconds"] for each in found.values()]
    return (
        "On a random model of the tests and their rows, a chain of clean, augment, finetune,"
        f" distill, prune, export and quantize takes {min(seconds):.0f} to {max(seconds):.0f} s a"
        f" task on one core, imports apart ({RUNNER})."
    )
