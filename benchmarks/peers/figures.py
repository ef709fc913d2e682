"""What the rounds say: medians, ratios, shares of the floor, accuracy; and the tables of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from edgeft.benchmark.measuring import milliseconds
from edgeft.benchmark.quantiles import middle, ratio
from edgeft.tasks.text_classification.paired import difference_interval
from peers.catalogue import BUNDLE, FLOOR, GRAPH, LONG, OPENVINO, REFERENCE, Peer
from peers.feeds import SHAPES
from peers.rounds import TEXTS, Measured

DELAYED, GREEDY = 0.9, 1.1
"""cores used below which a peer waited for a core, and above which it used a second thread"""


def figures(measured: Mapping[Peer, Measured], labels: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The figures of each peer by its name; `labels` are the true ones, in the texts' order."""
    by_name = {peer.name: each for peer, each in measured.items()}
    reference = by_name[REFERENCE]
    found: dict[str, dict[str, Any]] = {}
    for name, mine in by_name.items():
        found[name] = {
            "graph": {
                shape: timing(name, shape, by_name, GRAPH)
                for shape in SHAPES
                if shape in mine.timed
            }
        }
        if mine.labels:
            found[name]["texts"] = timing(name, TEXTS, by_name, BUNDLE)
            found[name]["accuracy"] = accuracy(mine.labels, reference.labels, labels)
    return found


def timing(name: str, setting: str, by_name: Mapping[str, Measured], ours: str) -> dict[str, Any]:
    """One peer in one setting, against what is ours there and against the bare products."""
    mine = by_name[name].timed[setting]
    found: dict[str, Any] = {
        "p50_ms": middle(mine.ms).model_dump(mode="json"),
        "times_ours": ratio(mine.ms, by_name[ours].timed[setting].ms).model_dump(mode="json"),
        "cpu_ms": middle(milliseconds(mine.cpu)).model_dump(mode="json"),
        "cores_used": round(mine.cores_used, 3),
        "calls": mine.ms.size,
        "raw_median_ms": [round(float(value), 4) for value in np.median(mine.ms, axis=1)],
    }
    if setting in SHAPES and name != FLOOR:
        floor = by_name[FLOOR].timed[setting].ms
        found["share_of_floor"] = ratio(floor, mine.ms).model_dump(mode="json")
    if setting in SHAPES and name in (GRAPH, LONG) and OPENVINO in by_name:
        theirs = by_name[OPENVINO].timed[setting].ms
        found["over_openvino_int8"] = ratio(mine.ms, theirs).model_dump(mode="json")
    return found


def accuracy(
    answers: Mapping[int, str], reference: Mapping[int, str], labels: Sequence[str]
) -> dict[str, Any]:
    """How many texts are labelled right, and the loss from the float model with its interval."""
    names = sorted({*labels, *answers.values(), *reference.values()})
    index = {name: place for place, name in enumerate(names)}
    true = np.array([index[label] for label in labels])
    mine, theirs = (
        np.array([index[given[place]] for place in range(len(labels))])
        for given in (answers, reference)
    )
    rows = np.eye(len(names))
    low, high = difference_interval(true, rows[theirs], rows[mine], "accuracy")
    right = int((mine == true).sum())
    return {
        "value": round(right / len(labels), 5),
        "n": len(labels),
        "right": right,
        "drop": round((int((theirs == true).sum()) - right) / len(labels), 5),
        "drop_interval": [round(low, 5), round(high, 5)],
        "same_labels": int((mine == theirs).sum()),
    }


def complaints(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Who did not have, or did not keep to, its one core."""
    told = []
    for name, each in found.items():
        for setting, timed in [*each["graph"].items(), (TEXTS, each.get("texts"))]:
            if timed and timed["cores_used"] < DELAYED:
                told.append(f"{name} waited for a core: {timed['cores_used']} used, {setting}")
            if timed and timed["cores_used"] > GREEDY:
                told.append(f"{name} used {timed['cores_used']} cores, {setting}")
    return told


def to_markdown(peers: Sequence[Mapping[str, Any]]) -> str:
    """The two tables: the same model's graphs, and files that answer texts."""
    graphs = [each for each in peers if each["graph"]]
    head = ["graph, one thread", *(f"{shape}, ms (times ours, floor)" for shape in SHAPES)]
    lines = table(
        [*head, "accuracy", "MB"],
        [
            [each["name"], *(graph_cell(each["graph"][shape]) for shape in SHAPES), *quality(each)]
            for each in graphs
        ],
    )
    texts = sorted(
        (each for each in peers if "texts" in each),
        key=lambda each: float(each["texts"]["p50_ms"]["value"]),
    )
    lines += [
        "",
        *table(
            ["text to label, batch 1", "p50 ms", "times ours", "accuracy", "loss from fp32", "MB"],
            [
                [
                    each["name"],
                    f"{each['texts']['p50_ms']['value']:.3g}",
                    f"{each['texts']['times_ours']['value']:.2f}",
                    quality(each)[0],
                    "{drop:+.4f} ({drop_interval[0]:+.4f} to {drop_interval[1]:+.4f})".format(
                        **each["accuracy"]
                    ),
                    quality(each)[1],
                ]
                for each in texts
            ],
        ),
    ]
    return "\n".join(lines)


def graph_cell(timed: Mapping[str, Any]) -> str:
    """A median, how many times ours it is, and the share of the floor it reaches."""
    share = timed.get("share_of_floor")
    told = f"{timed['times_ours']['value']:.2f}" + (f", {share['value']:.0%}" if share else "")
    return f"{timed['p50_ms']['value']:.3g} ({told})"


def quality(each: Mapping[str, Any]) -> list[str]:
    """Accuracy and size for a table."""
    accuracy = f"{each['accuracy']['value']:.4f}" if "accuracy" in each else ""
    return [accuracy, f"{each['bytes'] / 1e6:.1f}" if each["bytes"] else ""]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table, all columns but the first aligned to the right."""
    ruler = ["---", *["---:"] * (len(head) - 1)]
    return [f"| {' | '.join(cells)} |" for cells in (head, ruler, *rows)]
