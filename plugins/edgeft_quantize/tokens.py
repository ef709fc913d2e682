"""How often the texts have each token, counted once for all rungs that ask."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from edgeft.plugin import Bundle, Context, Dataset
from edgeft.training.counting import counted
from edgeft.training.encoding import load_tokenizer
from edgeft_quantize.ladder import Rung
from edgeft_quantize.variants import PQ


@dataclass(frozen=True)
class Tokens:
    """The tokens of a bundle's tokenizer, and the texts that have them."""

    bundle: Bundle
    data: Dataset
    context: Context

    def of(self, rung: Rung) -> np.ndarray | None:
        """How often texts have each token, (token ids,), where a rung's tables ask for it."""
        return self.counts if rung.tables == PQ else None

    @cached_property
    def counts(self) -> np.ndarray:
        """How often training texts and those without labels have each token, (token ids,)."""
        return counted(load_tokenizer(self.bundle.path), self.data, self.context)
