"""What to do after a run: use the bundle, or mend what kept it from shipping."""

from edgeft.gates.failing import remedies
from edgeft.report import Report
from edgeft.report.asking import in_python, in_shell
from edgeft.report.blocks import Block, Code, Items, Text
from edgeft.report.confusions import confused_pairs

COMMANDS = """\
edgeft predict bundle {asked}
edgeft verify bundle    # where it will live: is it whole, does it answer as here?
edgeft tune bundle      # where it will live: which variant and options are fastest?
"""
EMBEDDING = """\
import edgeft.runtime

model = edgeft.runtime.load("bundle")
print(model({asked}))
"""
RARE, MISSED = 10, 0.1
"""of a rare label: how many times its training texts the most frequent one has, and how far its
recall lies below the mean of all"""

GOOD = 0.98
"""of a metric whose most is 1, from where on there is little to gain over a baseline as good"""


def advice(report: Report) -> list[Block]:
    """Commands for a bundle that was delivered, and what would make the next run better."""
    blocks: list[Block] = []
    if report.delivered:
        blocks += [
            Text("The bundle lies beside this page; in this directory, and in Python:"),
            Code(COMMANDS.format(asked=in_shell(report.example)), "sh"),
            Code(EMBEDDING.format(asked=in_python(report.example)), "python"),
        ]
    found = [
        *unmet(report),
        *barely_taught(report),
        *rare_and_missed(report),
        *most_confused(report),
    ]
    return [*blocks, Items(found)] if found else blocks


def unmet(report: Report) -> list[str]:
    """What keeps the bundle from shipping, and what helps."""
    said = [
        f"The {row.name} has learnt nothing: train for more epochs or with another learning_rate,"
        " or see if texts and answers belong together."
        for row in report.rows
        if row.name == "teacher" and row.nothing_learnt
    ]
    said += [f"{each[:1].upper()}{each[1:]}." for each in remedies(report.gates, report.budgets)]
    if not any(row.name == "bundle" for row in report.rows):
        said.append("There is no bundle yet: end the recipe with the steps export and quantize.")
    made = [step.name for step in report.steps if step.kind in ("export", "quantize")]
    if made and not report.delivered and not report.attempts:  # a search keeps its own elsewhere
        said.append(
            f"The bundle that was made is kept in this directory, as {made[-1]}:"
            f" `edgeft predict {made[-1]} {in_shell(report.example)}` asks it."
        )
    return said


def barely_taught(report: Report) -> list[str]:
    """The teacher, where it gains nothing over the baseline, though it has learnt something."""
    rows = {row.name: row for row in report.rows}
    teacher, baseline = rows.get("teacher"), rows.get("baseline")
    if teacher is None or baseline is None or teacher.gain is None:
        return []
    by_epochs = any(step.kind == "finetune" and "log" in step.figures for step in report.steps)
    good = teacher.value >= GOOD and baseline.value >= GOOD
    if teacher.gain > 0 or good or teacher.nothing_learnt or not by_epochs:
        return []
    return [
        f"The teacher gains nothing over the baseline ({teacher.metric} {teacher.value:.4f} beside"
        f" {baseline.value:.4f}): give its finetune step more `epochs`, above all where rows are"
        " few."
    ]


def rare_and_missed(report: Report) -> list[str]:
    """The rarest label, where the shipped model seldom finds its texts."""
    shipped, counts = report.shipped, report.data.get("splits", {}).get("train", {}).get("labels")
    if report.mistakes is None or not counts or shipped is None or shipped.scores is None:
        return []
    asked = [each for each in shipped.scores.per_class if each["support"]]
    recalls = {each["label"]: float(each["recall"]) for each in asked}
    known = [label for label in recalls if counts.get(label)]
    if not known:
        return []
    rarest = min(known, key=lambda label: (counts[label], recalls[label]))
    usual = sum(recalls[label] for label in known) / len(known)
    if max(counts.values()) < RARE * counts[rarest] or recalls[rarest] > usual - MISSED:
        return []
    most, found = max(counts.values()), 100 * recalls[rarest]
    return [
        f"{rarest} has {counts[rarest]:,} training texts, {most:,} the most frequent label, and"
        f" {found:.0f} % of its {shipped.split} texts are found: logit_adjustment of the finetune"
        " step answers rare labels more often, and more texts of it help most."
    ]


def most_confused(report: Report) -> list[str]:
    """The pair of labels whose texts are the first to look at."""
    pairs = confused_pairs(report)
    if not pairs:
        return []
    true, answer, count = pairs[0]
    return [
        f"The most frequent mistake: {true} answered as {answer} ({count} of"
        f" {report.rows[0].n:,} texts). Texts of these two labels are the first to check or to add."
    ]
