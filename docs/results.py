"""Measured results in sentences, from what benchmarks/ wrote."""

import json
import re
from pathlib import Path
from typing import Any

from edgeft.report.markdown import table
from edgeft.report.wording import figure, minutes, size

RESULTS = Path(__file__).parents[1] / "benchmarks" / "results"


def quickstart() -> str:
    """The quickstart in a sentence."""
    found = read("quickstart")
    if found is None:
        return ""
    rows = {row["name"]: row for row in found["rows"]}
    machine = found["machine"]
    beaten = rows["bundle"]["value"] > rows["baseline"]["value"]
    return (
        f"The quickstart below (BBC News in other splits, {rows['bundle']['n']:,} test texts, with"
        " the steps of `examples/bbc-news.yaml`) takes"
        f" {minutes(found['seconds'])} on {machine['usable_cores']} cores, installation apart:"
        f" teacher {figure(rows['teacher']['value'])}, int8 bundle"
        f" {figure(rows['bundle']['value'])} of {size(rows['bundle']['size_bytes'])}, baseline"
        f" {figure(rows['baseline']['value'])} ({rows['bundle']['metric']};"
        " `benchmarks/quickstart.py`)."
        + ("" if beaten else " Single words give these topics away: the baseline is no worse.")
    )


def million_rows() -> str:
    """What a run on a million rows takes at its peak."""
    found = read("million_rows")
    if found is None:
        return ""
    peaks = {name: 2**20 * each["peak_mib"] for name, each in found["measured"].items()}
    return (
        f"A run on {found['rows']:,} short training rows ({found['csv_mib']:.0f} MiB of csv)"
        f" takes {size(peaks['run'])} of memory at its peak, the libraries included, and its"
        f" data step alone {size(peaks['data'])} (`benchmarks/million_rows.py`)."
    )


def chinese() -> str:
    """What a base that was made for English makes of Chinese texts, beside plain TF-IDF."""
    found = read("chinese")
    if found is None:
        return ""
    rows = {row["name"]: row for row in found["run"]["rows"]}
    shown = {
        name: f"{rows[name]['value']:.3f} ({rows[name]['interval'][0]:.3f} to"
        f" {rows[name]['interval'][1]:.3f})"
        for name in ("baseline", "teacher", "bundle")
    }
    known = 100 * (1 - found["unknown_share"])
    return (
        f"Measured on {found['train']:,} Chinese reviews of {found['longest']} characters at most,"
        " labelled 好评 or 差评, with `effort: quick` and MiniLM-L6, which was made for English"
        f" and knows {known:.0f} % of their tokens: accuracy on {found['test']:,} others is"
        f" {shown['teacher']} for the teacher, {shown['bundle']} for the bundle and"
        f" {shown['baseline']} for TF-IDF on characters (`benchmarks/chinese.py`, one run, 95 %"
        " intervals). No augmenter and no student makes up for a base that cannot read."
    )


ABOUT = {"precision": "precision", "recall": "recall", "relabelled": "relabelled_right"}
"""how right a review is, and where that stands"""


def cleaning() -> str:
    """What cleaning won back of what wrong labels had cost."""
    found = read("wrong_labels")
    if found is None:
        return ""
    rows = [
        [
            ", reviewed by ".join(f"`{part}`" for part in method.split(", reviewed by ")),
            *(ranged(each[name]) for name in ("true", "flipped", "cleaned")),
            f"{won_back(each):.0%}",
            *(f"{each[name]['mean']:.0%}" for name in ABOUT.values()),
            str(each["true"]["seeds"]),
        ]
        for method, each in found["summary"].items()
    ]
    lines = table(
        ["finetuner", "true labels", "flipped", "cleaned", "won back", *ABOUT, "draws"], rows
    )
    return "\n".join(
        [
            "## What it wins",
            "",
            f"Banking77 with {found['share']:.0%} of its training labels flipped at random,"
            " MiniLM-L6 as `--model`, every proposal followed. Precision is the share of flipped"
            " labels among the rows that `label` named, recall the share of flipped ones that were"
            " named, relabelled the share of new labels that were the true ones. Test accuracy, the"
            " mean and range over draws (`benchmarks/wrong_labels.py`):",
            "",
            *lines,
        ]
    )


def cleaning_in_short() -> str:
    """The same in a sentence, of labels that logistic regression reviewed."""
    found = read("wrong_labels")
    if found is None:
        return ""
    each = found["summary"]["full"]
    true, flipped, cleaned = (each[name]["mean"] for name in ("true", "flipped", "cleaned"))
    return (
        f"Of Banking77's training labels {found['share']:.0%} flipped at random cost `full`"
        f" {100 * (true - flipped):.1f} points of test accuracy ({true:.3f} to {flipped:.3f});"
        f" with every proposal of `edgeft clean` followed it is {cleaned:.3f}:"
        f" {won_back(each):.0%} of that is won back (the mean of {each['true']['seeds']} draws,"
        " `benchmarks/wrong_labels.py`)."
    )


def label_noise() -> str:
    """Which wrong labels a review names, beside cleanlab's rules."""
    found = read("label_noise")
    if found is None:
        return ""
    rows = [
        [
            each["kind"],
            f"`{each['judge']}`",
            f"{each['named']['mean']:,.0f}",
            *(ranged(each[name]) if name in each else "" for name in ("precision", "recall")),
        ]
        for each in found["summary"]
    ]
    lines = table(["flipped to", "by", "named", "precision", "recall"], rows)
    return "\n".join(
        [
            f"Of Banking77's {found['rows']:,} training labels, as they stand or with"
            f" {found['share']:.0%} flipped, by the same logistic regression on MiniLM-L6,"
            " mean and range over draws; where none is flipped, what is named is an error of the"
            " data or a false alarm (`benchmarks/label_noise.py`):",
            "",
            *lines,
        ]
    )


def won_back(means: dict[str, Any]) -> float:
    """The share of what wrong labels cost that cleaning wins back, of the means over the draws."""
    true, flipped, cleaned = (means[name]["mean"] for name in ("true", "flipped", "cleaned"))
    return float((cleaned - flipped) / (true - flipped))


def student_of_vectors() -> str:
    """What a student of a sentence encoder has left of what its teacher says."""
    found = (read("embeddings") or {}).get("student")
    if found is None:
        return ""
    seeds = found["spearman"]["seeds"]
    return (
        f"A student of {found['layers']} of the 6 layers of all-MiniLM-L6-v2 that had"
        f" {found['learnt_from']:,} sentences to learn from, with `augment: {{mask: {{copies:"
        f" {found['copies']}}}}}` before, passes over hidden states"
        f" {found['matching_epochs']:g} and over vectors {found['epochs']:g}: rank correlation"
        f" {found['spearman']['mean']:.3f} with its teacher's similarities of 1,000 held-out pairs,"
        f" mean cosine {found['mean_cosine']['mean']:.3f} ({seeds}"
        f" {'seed' if seeds == 1 else 'seeds'}; `benchmarks/embeddings.py --student`)."
    )


def int8_of_vectors() -> str:
    """What the int8 file of a sentence encoder has left of its vectors in torch."""
    found = (read("embeddings") or {}).get("int8")
    if found is None:
        return ""
    kept = found["rungs"][-1]["what"].rpartition(": ")[2]
    left = found["int8"]["alone"]
    return (
        f"Of all-MiniLM-L6-v2 with `max_drop: 0.004` these were {kept}, and the file has"
        f" {found['int8']['megabytes']:.0f} MB of {found['fp32']['megabytes']:.0f}: over"
        f" {left['sentences']:,} held-out sentences the mean cosine with torch is"
        f" {left['mean_cosine']:.3f}, and the rank correlation of the similarities of"
        f" {left['pairs']:,} pairs {left['spearman']:.3f} (`benchmarks/embeddings.py`)."
    )


def foreign_texts() -> str:
    """What texts of another domain look like in a vocabulary that was cut down."""
    found = read("foreign_texts")
    if found is None:
        return ""
    texts = {row["texts"]: row["n"] for row in found["rows"]}
    by_name: dict[str, list[str]] = {}
    for row in found["rows"]:
        cells = by_name.setdefault(row["vocabulary"], [f"{row['tokens']:,}"])
        cells += [f"{100 * row['unknown_rate']:.3f} %", f"{row['tokens_per_text']:.1f}"]
    columns = [f"{each}: {what}" for each in texts for what in ("unknown", "tokens a text")]
    rows = [[name if name == "whole" else f"`{name}`", *cells] for name, cells in by_name.items()]
    named = " and ".join(f"{count:,} texts of {name}" for name, count in texts.items())
    return "\n".join(
        [
            "The vocabulary of MiniLM cut down to what Banking77's training texts need, and"
            f" {named} encoded whole in it (`benchmarks/foreign_texts.py`):",
            "",
            *table(["vocabulary", "tokens", *columns], rows),
        ]
    )


def suspicious() -> str:
    """The labels that a review finds most suspicious, for a reader to judge."""
    found = read("suspicious")
    if found is None:
        return ""
    rows = [
        [
            plain(each["text"]),
            each["label"],
            each["new_label"] or "none: drop",
            f"{float(each['score']):.3f}",
        ]
        for each in found["surest"]
    ]
    return "\n".join(
        [
            "## What it finds",
            "",
            f"Of {found['rows']['train']:,} training tweets of the sample data set"
            f" `{found['data']}` the check `label` names {found['suspected']:,}"
            f" ({found['suspected'] / found['rows']['train']:.0%}), with MiniLM-L6 as `--model`, in"
            f" {minutes(found['seconds'])}. These are the {len(rows)} that it is surest of, as they"
            " stand in the data; judge for yourself (`benchmarks/suspicious.py`):",
            "",
            *table(["tweet", "label", "proposed", "score"], rows),
        ]
    )


def data_rates() -> str:
    """How fast near-duplicates are found and copies are made."""
    found = read("data_rates")
    if found is None:
        return ""
    search, rates = found["near_duplicates"], found["copies_a_second"]
    made = ", ".join(f"`{name}` {rate:,}" for name, rate in rates.items())
    return (
        f"Near-duplicates among {found['rows']:,} short texts are found in"
        f" {minutes(search['seconds'])} and {size(2**20 * search['peak_mib'])} of memory. Copies a"
        f" second, on one core: {made} (`benchmarks/data_rates.py`)."
    )


def plain(text: str) -> str:
    """A text as a table's cell shows it: nothing in it is markup, and it names nobody."""
    named = re.sub(r"@\w+", "@…", re.sub(r"https?://\S+", "http…", " ".join(text.split())))
    return re.sub(r"([\\`*_{}\[\]<>#|~])", r"\\\1", named)


def ranged(found: dict[str, float]) -> str:
    """A mean with its range."""
    mean, low, high = (figure(found[key]) for key in ("mean", "lowest", "highest"))
    return mean if found["seeds"] == 1 else f"{mean} ({low} to {high})"


def read(name: str) -> dict[str, Any] | None:
    """One result as it was measured, or None where it is not committed."""
    path = RESULTS / f"{name}.json"
    if not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
