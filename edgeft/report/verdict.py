"""A run in a few sentences: what was reached, against the teacher and against the baseline."""

from collections.abc import Sequence

from edgeft.report import Attempt, Row, in_vain
from edgeft.report.wording import significant

BASELINE = "the baseline of TF-IDF and a linear model"
PLAIN = "the same student trained without its teacher"


def verdict(rows: list[Row], attempts: list[Attempt], failed: Sequence[str] = ()) -> str:
    """The run in a few sentences, plainly; `failed` is what keeps a bundle from being delivered."""
    found = {row.name: row for row in rows}
    final = found.get("bundle") or found.get("student") or found.get("teacher")
    if final is None:
        return "Nothing was trained."
    sentences = []
    if failed and not in_vain(attempts):  # of a search, its own sentence says so
        sentences.append(f"No bundle is delivered: {'; '.join(failed)}.")
    made = f"The {final.name} that was made" if sentences else f"The {final.name}"
    sentences.append(
        f"{made} reaches {final.value:.4f} {final.metric} on {final.n:,} {final.split} texts."
    )
    if final.nothing_learnt:
        return " ".join([*sentences, f"It has learnt nothing: {final.nothing_learnt}."])
    if attempts:
        sentences.append(search_sentence(attempts))
    if "teacher" in found and final.drop is not None and final.drop_interval is not None:
        sentences.append(teacher_sentence(final, found["teacher"]))
    if "baseline" in found and final.gain_interval is not None:
        sentences.append(baseline_sentence(final, found["baseline"]))
    student = found.get("student")
    if student and student.taught_interval is not None and "student-plain" in found:
        sentences.append(taught_sentence(student, found["student-plain"]))
    return " ".join(sentences)


def search_sentence(attempts: list[Attempt]) -> str:
    """Which student `distill: auto` chose, and why."""
    for each in attempts:
        if each.outcome == "chosen":
            return f"It has {each.what}: {each.reason}."
    return "No student meets the budgets, and no bundle is delivered."


def teacher_sentence(final: Row, teacher: Row) -> str:
    """What the final model lost to its teacher, and what it gained in speed and size."""
    drop = final.drop or 0.0
    low, high = final.drop_interval or (drop, drop)
    lost = f"{abs(drop):.4f} {'worse' if drop > 0 else 'better'} than" if drop else "as good as"
    if drop and low <= 0 <= high:
        untold = f", which {final.n:,} texts cannot tell from nothing"
    else:
        untold = ""
    sentence = (
        f"That is {lost} its teacher{untold} (95 % paired interval of the loss: {low:.4f} to"
        f" {high:.4f})"
    )
    if teacher.p50_ms and final.p50_ms:
        sentence += f", at {teacher.p50_ms / final.p50_ms:.1f} times its speed"
    if teacher.size_bytes and final.size_bytes:
        share = 100 * final.size_bytes / teacher.size_bytes
        sentence += f", in {significant(share)} % of its size"
    return sentence + "."


def baseline_sentence(final: Row, baseline: Row) -> str:
    """Whether the final model beats what a user would have got for nothing, if that can be told.

    It can where the paired interval of the gain leaves out zero.
    """
    gain = final.gain or 0.0
    low, high = final.gain_interval or (gain, gain)
    known = f"({baseline.value:.4f}; 95 % paired interval of the gain: {low:.4f} to {high:.4f})"
    if low <= 0 <= high:
        return (
            f"It cannot be told apart from {BASELINE} on {final.n:,} texts {known}: let size and"
            " speed decide, or test on more texts."
        )
    if gain > 0:
        return f"It beats {BASELINE} {known}."
    return f"It DOES NOT BEAT {BASELINE} {known}: that is what to ship, or what to improve on."


def taught_sentence(student: Row, plain: Row) -> str:
    """Whether the student is better for its teacher, both as training left them, if it is told."""
    cut = student.as_taught is not None
    when = f"Before it was cut, at {student.as_taught:.4f}," if cut else "Before export"
    taught = student.taught or 0.0
    low, high = student.taught_interval or (taught, taught)
    known = f"({plain.value:.4f}; 95 % paired interval of the gain: {low:.4f} to {high:.4f})"
    if low <= 0 <= high:
        return f"{when} it cannot be told apart from {PLAIN} {known}."
    if taught > 0:
        return f"{when} it beats {PLAIN} {known}."
    return f"{when} it DOES NOT BEAT {PLAIN} {known}: the teacher did harm."
