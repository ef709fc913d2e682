"""Tries methods fold by fold, and gives up on the way what cannot win.

The first fold of every method comes first, then the second of those that are left, and so on: a
race (Maron and Moore 1993), with fixed margins. Where one is left, nothing more needs to be known.
A favourite, of which it is known before that it does best on such data, is taken unless another
leads it by such a margin.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import sqrt
from statistics import fmean
from typing import Any

from edgeft.plugin import EdgeftError
from edgeft.progress import Progress

HOPELESS = 0.03
"""of the metric that a method may lie behind the best one on the first fold, or it is given up; of
more folds, by the square root of their number less, as their mean varies less"""
FAR = 0.06
"""of the metric that a method may lie behind, or its constrained version is left out as well"""
LUCK = 2
"""texts by which a method may lie behind on any fold: where texts are few, these are more than the
limits above, and say no more than luck does"""
CONSTRAINED = {"lora": "full"}
"""a method, and the one that trains the same network without its constraint"""

Ask = Callable[[str, int], dict[str, float]]
"""the `score` of a method on a fold, counted from 1, and the `seconds` it took; may raise
EdgeftError"""


@dataclass
class Trial:
    """How one method did on texts that it had not seen."""

    method: str
    scores: list[float] = field(default_factory=list)
    """of the task's metric, one a fold, from the first fold on; the more the better"""
    seconds: float = 0.0
    problem: str = ""
    """why it could not be tried, or was left out; empty if neither"""
    behind: bool = False
    """whether it was given up, behind another"""

    @property
    def going_on(self) -> bool:
        """Whether it may still win."""
        return not self.problem and not self.behind

    @property
    def mean(self) -> float:
        """The metric's mean over the folds, of which there is one at least."""
        return fmean(self.scores)

    def behind_by(self, other: "Trial") -> float:
        """How much of the metric another is better by, on the folds that both have seen."""
        shared = min(len(self.scores), len(other.scores))
        return round(fmean(other.scores[:shared]) - fmean(self.scores[:shared]), 6)

    @property
    def figures(self) -> dict[str, Any]:
        """What the history says of it."""
        if self.problem:
            return {"problem": self.problem}
        return {
            "mean": round(self.mean, 4),
            "folds": [round(score, 4) for score in self.scores],
            "seconds": round(self.seconds, 1),
        }


def tried(
    methods: Sequence[str],
    ask: Ask,
    texts: Sequence[int],
    progress: Progress,
    favourite: str | None = None,
) -> list[Trial]:
    """Ask about every method, fold by fold, until all folds are seen or one method is left.

    `texts` says how many each fold is judged on. The `favourite` wins after the first fold, unless
    it is given up there.
    """
    trials = [Trial(method) for method in methods]
    for number in range(1, len(texts) + 1):
        left = [trial for trial in trials if trial.going_on]
        if number > 1 and len(left) < 2:
            for trial in left:
                progress.note(f"only {trial.method} is left: its other folds are left out")
            break
        seen = sum(texts[:number])
        for trial in left:
            if number == 1:
                leave_out(trial, trials, seen, progress, favourite)
            if trial.going_on:
                look(trial, number, ask, progress)
        if number < len(texts):
            give_up(trials, number, seen, progress, favourite)
    return trials


def look(trial: Trial, number: int, ask: Ask, progress: Progress) -> None:
    """Let a method answer for a fold; a problem ends its trial."""
    try:
        found = ask(trial.method, number)
    except EdgeftError as error:
        trial.problem = error.message
        progress.note(f"{trial.method} could not be tried: {error.message}")
        return
    trial.scores.append(found["score"])
    trial.seconds += found["seconds"]


def leave_out(
    trial: Trial, trials: Sequence[Trial], texts: int, progress: Progress, favourite: str | None
) -> None:
    """Leave out the constrained version of a method that was far behind on the first fold."""
    seen = [each for each in trials if each.scores]
    free = next((each for each in seen if each.method == CONSTRAINED.get(trial.method)), None)
    if free is None:
        return
    reason = shortfall(free, seen, unbeaten(seen, HOPELESS, texts, favourite), FAR, texts)
    if reason:
        reason = f"it trains as {free.method} does, under a constraint, and {free.method} {reason}"
        trial.problem = f"left out: {reason}"
        progress.note(f"{trial.method} is left out: {reason}")


def give_up(
    trials: Sequence[Trial], number: int, texts: int, progress: Progress, favourite: str | None
) -> None:
    """Give up what cannot win any more, after so many folds and their `texts`."""
    left = [trial for trial in trials if trial.going_on]
    folds = "the first fold" if number == 1 else f"the first {number} folds"
    limit = HOPELESS / sqrt(number)
    taken = unbeaten(left, limit, texts, favourite)
    for trial in left:
        reason = shortfall(trial, left, taken, limit, texts)
        if reason:
            trial.behind = True
            progress.note(f"{trial.method} {reason} on {folds}: its others are left out")


def unbeaten(
    trials: Sequence[Trial], limit: float, texts: int, favourite: str | None
) -> Trial | None:
    """The favourite, if it is among these and lies behind none of them by more than the limit."""
    found = next((trial for trial in trials if trial.method == favourite), None)
    if found is None or found.behind_by(leader(trials)) > margin(limit, texts):
        return None
    return found


def shortfall(
    trial: Trial, others: Sequence[Trial], taken: Trial | None, limit: float, texts: int
) -> str:
    """What a method lacks to win, after so many texts; empty where it lacks nothing.

    Where a favourite is `taken`, nothing else can win.
    """
    if trial is taken:
        return ""
    best = taken or leader(others)
    behind = trial.behind_by(best)
    if behind < 0:
        return f"leads {best.method} by only {-behind:.4f}"
    if taken or behind > margin(limit, texts):
        return f"lies {behind:.4f} behind {best.method}"
    return ""


def margin(limit: float, texts: int) -> float:
    """The limit, or what a few texts are of those seen, where that is more."""
    return round(max(limit, LUCK / texts), 6)


def leader(trials: Sequence[Trial]) -> Trial:
    """The best on the folds that all of these have seen; of equals the first."""
    shared = min(len(trial.scores) for trial in trials)
    return max(trials, key=lambda trial: round(fmean(trial.scores[:shared]), 6))


def winner(trials: Sequence[Trial]) -> Trial | None:
    """The best of those left; of those given up where none is; None if none could be tried."""
    fine = [trial for trial in trials if not trial.problem]
    left = [trial for trial in fine if trial.going_on]
    return leader(left or fine) if fine else None
