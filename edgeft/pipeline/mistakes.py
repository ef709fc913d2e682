"""What a model gets wrong, for a person to read: the surest mistakes, and the longest texts."""

from collections.abc import Sequence

import numpy as np
from scipy.special import softmax

from edgeft.report import Mistake, Mistakes

SUREST, LONGEST = 30, 10
"""mistakes that a report holds"""
CUT = 300
"""characters of a text that a report shows"""


def found_mistakes(
    model: str,
    split: str,
    texts: Sequence[str],
    truth: np.ndarray,
    logits: np.ndarray,
    names: list[str],
) -> Mistakes:
    """What a model's logits (texts, names) get wrong, by the true labels' indices (texts,)."""
    answers = logits.argmax(axis=1)
    wrong = np.flatnonzero(answers != truth)
    shares = softmax(logits[wrong].astype(np.float64), axis=1).max(axis=1)
    sure = dict(zip(wrong.tolist(), shares.tolist(), strict=True))

    def mistake(place: int) -> Mistake:
        text = texts[place]
        return Mistake(
            text=text if len(text) <= CUT else f"{text[:CUT]}…",
            label=names[truth[place]],
            answer=names[answers[place]],
            probability=round(sure[place], 4),
        )

    return Mistakes(
        model=model,
        split=split,
        n=len(truth),
        count=len(wrong),
        surest=[mistake(each) for each in sorted(sure, key=lambda each: -sure[each])[:SUREST]],
        longest=[mistake(each) for each in sorted(sure, key=lambda e: -len(texts[e]))[:LONGEST]],
    )
