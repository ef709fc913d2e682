"""Model types by what can be done to them; nothing is loaded for it."""

import re

SILENCED = (
    "bert",
    "camembert",
    "distilbert",
    "electra",
    "modernbert",
    "roberta",
    "xlm-roberta",
)
"""types whose attention has as many heads as its weights give it, though their configurations take
the width of a head to be hidden size / heads: the others can be silenced, and left out of what only
computes"""
OURS = re.compile(r"^(edgeft-[a-z]+-)+")
"""what stands before a type in the name of edgeft's own architecture over it"""


def can_be_silenced(model_type: str) -> bool:
    """Whether a model of this type could compute without its silent heads."""
    return OURS.sub("", model_type) in SILENCED
