"""Which evaluation's weights a training keeps."""

import math

from edgeft.tasks import Task
from edgeft.training import TrainingOptions

Evaluation = dict[str, float]
"""step, epoch, loss on the held-out texts, and metrics"""


def kept_of(
    log: list[Evaluation], metric: str, task: Task, options: TrainingOptions, rows: int
) -> Evaluation:
    """The evaluation whose weights are kept, of held-out texts that are so many `rows`.

    `auto` keeps the last, whose learning rate has come to rest, unless the best is better by more
    than one standard error: among a handful of evaluations on few texts the best is often a lucky
    one. (The rule of Breiman et al. 1984 for choosing a tree.) Empty where nothing was evaluated.
    """
    if not log:
        return {}
    last, best = log[-1], best_of(log, metric, task)
    if options.weights == "last":
        return last
    if options.weights == "best" or options.early_stopping is not None:
        return best
    lead = abs(best[metric] - last[metric])
    doubt = standard_error(best[metric], rows) if task.metrics[metric] else 0.0
    return best if lead > doubt else last


def standard_error(share: float, rows: int) -> float:
    """Of a share of right answers among `rows`, sqrt(p (1 - p) / n); 0 for what is no share."""
    return math.sqrt(share * (1 - share) / rows) if 0 <= share <= 1 else 0.0


def best_of(log: list[Evaluation], metric: str, task: Task) -> Evaluation:
    """The first of the best evaluations."""
    sign = 1 if task.metrics[metric] else -1
    return max(log, key=lambda entry: sign * entry[metric])
