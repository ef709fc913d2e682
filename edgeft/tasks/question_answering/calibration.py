"""How far the score of an answer can be believed, and the temperature that mends it."""

import numpy as np
from scipy.special import logsumexp

from edgeft.manifests import Decoding
from edgeft.runtime.excerpts import excerpt_of, relative, score_of, scores_of
from edgeft.runtime.outputs import Outputs
from edgeft.tasks.question_answering.metrics import exact_match, right_of
from edgeft.tasks.question_answering.units import by_text
from edgeft.tasks.text_classification.calibration import FEWEST, error_of, least, lowest

MOST = 300
"""rows that tell a temperature: each has thousands of parts"""


def temperature(truth: np.ndarray, outputs: Outputs, decoding: Decoding) -> float:
    """What to divide scores by, for the probabilities of all parts, and of none, to fit `truth`.

    The temperature of the smallest surprise at the right answers of these rows (rows,); 1 for a few
    rows, and not below 1 for those with a few mistakes. A row whose answers begin or end within a
    token, or are too long, tells nothing.
    """
    rows: list[tuple[float, np.ndarray]] = []
    for row, (values, spans) in zip(truth, by_text(outputs), strict=True):
        if len(rows) == MOST:
            break
        above, _ = relative(values, spans)
        right = max((score_of(values, spans, each) for each in row.spans), default=0.0)
        none = [0.0] if decoding.thresholds else []
        if len(above) and (row.spans or none):
            scores = np.append(scores_of(above, decoding.longest), none)
            if -np.inf < right <= scores.max():
                rows.append((right, scores[np.isfinite(scores)]))
    if len(rows) < FEWEST:
        return 1.0

    def surprise(tempered: float) -> float:
        return float(
            np.mean([logsumexp(scores / tempered) - right / tempered for right, scores in rows])
        )

    return least(surprise, lowest(sum(right < scores.max() for right, scores in rows)))


def calibration_error(truth: np.ndarray, outputs: Outputs, decoding: Decoding) -> float | None:
    """The expected calibration error of the scores of answers, right where they match exactly."""
    found = [
        (excerpt.score, right_of(exact_match, row, (excerpt.start, excerpt.end)) == 1)
        for row, (values, spans) in zip(truth, by_text(outputs), strict=True)
        for excerpt in [
            excerpt_of(
                row.context,
                values,
                spans,
                decoding.thresholds,
                decoding.longest,
                decoding.temperature,
            )
        ]
    ]
    return error_of(*np.asarray(found, dtype=np.float64).reshape(-1, 2).T)
