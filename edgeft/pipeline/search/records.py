"""What a report keeps of a candidate of which nothing was measured."""

from typing import Literal

from edgeft.pipeline.search.candidates import Candidate
from edgeft.report import Attempt


def attempt(
    candidate: Candidate, metric: str, outcome: Literal["chosen", "failed", "skipped"], reason: str
) -> Attempt:
    """The record of a candidate, and why it is as it is."""
    return Attempt(
        name=candidate.name,
        what=candidate.what,
        outcome=outcome,
        reason=reason,
        metric=metric,
        steps=[
            {step.kind: {"method": step.method, **step.options}} for step in candidate.recipe.steps
        ],
    )
