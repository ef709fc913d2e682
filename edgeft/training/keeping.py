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
    one. (The rule of Breiman et al. 1984 for choosing a tree.) It keeps the best where
    `early_stopping` waits for one, and by a metric of which less is better. Empty where nothing was
    evaluated.
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
    """Of a share of right answers among `rows`; 0 for a number that cannot be one.

    sqrt(p (1 - p) / n), with two right and two wrong answers added: a handful of texts that are all
    right are not sure to be (Agresti and Coull 1998). Correlations are taken as shares.
    """
    if not 0 <= share <= 1:
        return 0.0
    n = rows + 4
    p = (share * rows + 2) / n
    return math.sqrt(p * (1 - p) / n)


def best_of(log: list[Evaluation], metric: str, task: Task) -> Evaluation:
    """The first of the best evaluations."""
    sign = 1 if task.metrics[metric] else -1
    return max(log, key=lambda entry: sign * entry[metric])
