"""What benchmarks/ measured of few labels, in tables for docs/few-labels.md."""

from typing import Any

from results import ranged, read

from edgeft.report.markdown import table
from edgeft.report.wording import minutes, size


def few_labels() -> str:
    """A table of finetuners with few labels."""
    found = read("few_labels")
    if found is None:
        return ""
    rows = [
        [
            named(key.split()[0]),
            key.split()[1],
            ranged(each["accuracy"]),
            f"{each['seconds']['mean']:.0f} s",
            ", ".join(str(cores) for cores in each["cores"]),
            str(each["seeds"]),
        ]
        for key, each in found["summary"].items()
    ]
    lines = table(["method", "texts a label", "test accuracy", "time", "cores", "draws"], rows)
    return "\n".join(
        [
            "Banking77 (77 labels, 3,080 test texts), MiniLM-L6, the mean and range over draws of"
            " the labelled texts (`benchmarks/few_labels.py`):",
            "",
            *lines,
        ]
    )


def few_rows() -> str:
    """A table of the epochs that teachers of few rows are given."""
    found = read("few_rows")
    if found is None:
        return ""
    rows = [
        [
            f"`{task}`",
            each["metric"],
            epochs,
            ranged(each),
            f"{each['seconds']:.0f} s",
            str(each["seeds"]),
        ]
        for task, by_epochs in found["summary"].items()
        for epochs, each in by_epochs.items()
    ]
    texts = found["runs"][0]["rows"]
    lines = table(["task", "metric", "epochs", "on test", "time, 1 core", "draws"], rows)
    return "\n".join(
        [
            f"{texts['train']} training and {texts['test']} test rows, MiniLM-L6, the default"
            " epochs and four times as many; mean and range over draws of the training rows"
            " (`benchmarks/few_rows.py`):",
            "",
            *lines,
        ]
    )


def beside_setfit() -> str:
    """A table of what finetuners for few labels and SetFit do with the same texts."""
    found = read("beside_setfit")
    if found is None:
        return ""
    summary = found["summary"]
    rows = [
        [called(method), ranged(each), str(each["seeds"])]
        for method, each in summary["accuracy"].items()
    ]
    times = [
        [cpu, called(method), timed(each), str(each["seeds"])]
        for cpu, methods in summary["seconds"].items()
        for method, each in methods.items()
    ]
    cores = found["machine"]["usable_cores"]
    return "\n".join(
        [
            f"The same {found['texts_a_label']} texts a label and the same base,"
            f" {found['n']:,} test texts (`benchmarks/beside_setfit.py`):",
            "",
            *table(["method", "test accuracy", "draws"], rows),
            "",
            f"A draw takes, with {'1 core' if cores == 1 else f'{cores} cores'}:",
            "",
            *table(["processor", "method", "time", "draws"], times),
        ]
    )


def timed(seconds: dict[str, float]) -> str:
    """Seconds as a mean, with their range where there are several."""
    mean, low, high = (f"{seconds[key]:.0f}" for key in ("mean", "lowest", "highest"))
    return f"{mean} s" + ("" if seconds["seeds"] == 1 else f" ({low} to {high})")


def called(method: str) -> str:
    """A method of the comparison as readers know it."""
    return "SetFit" if method == "setfit" else named(method)


def named(method: str) -> str:
    """A method as it is written in a recipe, with what it was asked for besides."""
    finetuner, _, options = method.partition(",")
    return f"`{finetuner}`" + (
        f" with `{options.replace('=', ': ').replace(',', ', ')}`" if options else ""
    )


def names_alone() -> str:
    """What the recipe of `init` makes of names, in a sentence."""
    found = (read("first_recipe") or {"data": {}})["data"].get("banking77-names")
    if found is None:
        return ""
    of = found["summary"]
    shipped = (
        " Nothing shipped: no student lost as little as the gate allows."
        if not of["shipped"]
        else f" The bundle that ships has {ranged(of['bundle'])}, in"
        f" {size(of['size_bytes']['mean'])}."
    )
    given = found["given"]
    return (
        f"Banking77's {given['labels']} names, {given['texts']:,} texts without labels and"
        f" {given['some']} with labels for validation, with the recipe that `edgeft init` writes:"
        " test accuracy of the teacher"
        f" {ranged(of['teacher'])}.{shipped} {minutes(of['seconds']['mean'])} in all on"
        " 2 cores (`benchmarks/first_recipe.py --data banking77-names`)."
    )


def unlabelled() -> str:
    """A table of what texts without labels add."""
    found = read("unlabelled")
    if found is None:
        return ""
    rows = [
        [
            f"`{key.rpartition(' ')[0]}`".replace("-head`", "` with `trains: head`"),
            "0" if key.startswith("names") else key.rpartition(" ")[2],
            ranged(each["accuracy"]),
            str(each["seeds"]),
        ]
        for key, each in found["summary"].items()
    ]
    lines = table(["method", "texts a label", "test accuracy", "draws"], rows)
    pool = max(run["unlabelled"] for run in found["runs"])
    return "\n".join(
        [
            f"Banking77 (77 labels, 3,080 test texts), MiniLM-L6, up to {pool:,} texts without"
            " labels, the mean and range over draws of the labelled texts"
            " (`benchmarks/unlabelled.py`):",
            "",
            *lines,
        ]
    )


def new_labels() -> str:
    """What old labels lost when new ones were learnt."""
    found = read("new_labels")
    if found is None:
        return ""
    summary = found["summary"]
    rows = [
        [
            name,
            *(ranged(summary[way][part]) for part in ("old", "new", "lost")),
            f"{summary[way]['seconds']['mean']:.0f} s",
        ]
        for way, name in (
            ("plain", "`remember: 0`, no `old_data`"),
            ("continue_from, replay: 20", "`continue_from` with `old_data`, `replay: 20`"),
            ("continue_from", "`continue_from` with `old_data`"),
        )
    ]
    lines = table(["second stage", "old labels", "new labels", "old labels lost", "time"], rows)
    seeds = summary["before"]["seeds"]
    return "\n".join(
        [
            f"Banking77, {77 - found['new']} labels first ({ranged(summary['before'])} of them"
            f" right), then {found['new']} new ones, each scored on its own test texts with all"
            f" labels to choose from; the mean and range of {seeds} draws"
            " (`benchmarks/new_labels.py`):",
            "",
            *lines,
        ]
    )


def augmentation() -> str:
    """What augmenting alone gives with few texts."""
    found = read("augmentation")
    if found is None:
        return ""
    rows = [
        [
            name if name.startswith("none") else f"`{name}`",
            ranged(each["accuracy"]),
            "" if name == "none" else ranged(each["gain"]),
            str(each["accuracy"]["seeds"]),
        ]
        for name, each in found["summary"].items()
    ]
    lines = table(["augment", "test accuracy", "gain", "draws"], rows)
    return "\n".join(
        [
            f"Banking77 with {found['share']:.0%} of its training texts, `finetune: full` on"
            f" MiniLM-L6, {found['copies']} copies of each text by every augmenter, of names four"
            " texts a label, and as many texts read by every training"
            f" ({found['passes']:.0f} passes without copies). Mean and range over draws"
            " (`benchmarks/augmentation.py`):",
            "",
            *lines,
        ]
    )


def every_rare_label() -> str:
    """What a rare label's adjustment gives whichever label is the rare one."""
    found = read("every_rare_label")
    if found is None:
        return ""
    every, low = found["summary"]["every label"], found["summary"]["recall of 0.5 or less"]

    def of(part: str, means: dict[str, Any]) -> list[str]:
        return [f"{means[each][part]:.3f}" for each in ("0", "1", "1.5")]

    recall, accuracy = of("recall", every), of("accuracy", every)
    of_low, all_low = of("recall", low), of("accuracy", low)

    def times(place: int) -> str:
        return f"{float(of_low[place]) / float(of_low[0]):.1f}"

    return (
        f"With each of the {every['labels']} labels in turn as the rare one, `probe` finds"
        f" {recall[0]} of its texts as it is, {recall[1]} with `logit_adjustment: 1` and"
        f" {recall[2]} with 1.5, on average; the accuracy of all is {accuracy[0]},"
        f" {accuracy[1]} and {accuracy[2]}. For the {low['labels']} labels of which it finds half"
        " or less as it is, told by training texts that it was not given, recall is"
        f" {of_low[0]}, {of_low[1]} ({times(1)} times) and {of_low[2]} ({times(2)} times), and"
        f" accuracy {all_low[0]}, {all_low[1]} and {all_low[2]} (`benchmarks/every_rare_label.py`)."
    )


def rare_label() -> str:
    """What gives a rare label its weight back."""
    found = read("rare_label")
    if found is None:
        return ""
    rows = [
        [
            f"`{name}`",
            *(ranged(each[part]) for part in ("recall", "precision", "accuracy")),
            str(each["recall"]["seeds"]),
        ]
        for name, each in found["summary"].items()
    ]
    lines = table(
        ["finetune", "recall of the rare label", "its precision", "accuracy of all", "draws"], rows
    )
    return "\n".join(
        [
            f"Banking77, one label with {found['texts']} training texts and 76 full ones,"
            " finetuners on MiniLM-L6; mean and range over draws of the rare label"
            " (`benchmarks/rare_label.py`):",
            "",
            *lines,
        ]
    )
