"""From texts to what the graph is fed: the tokenizer file, with the manifest's limits only."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from edgeft.errors import BundleError
from edgeft.runtime.feeding import Feeder, Row
from edgeft.runtime.given import Given
from edgeft.runtime.manifest import Manifest
from edgeft.runtime.readers import InWindows, Marked, Pairs, Questions, Reader, Texts, Tokens
from edgeft.runtime.windows import KINDS, Window


class FrozenTokenizer:
    """Tokenizes as the bundle was trained: what the tokenizer file says of limits is ignored.

    Many tokenizer files carry a truncation and padding of their own (all-MiniLM's says 128);
    the manifest's `max_length`, `truncation_side` and `pad` decide instead. Safe to use from
    many threads.
    """

    def __init__(
        self,
        manifest: Manifest,
        path: Path,
        inputs: Sequence[str] | None = None,
        *,
        parallel: bool = True,
    ) -> None:
        """Read the tokenizer file at `path`, to feed the graph inputs named `inputs`.

        Without `inputs`, those that the manifest names. Lists are tokenized by several threads if
        `parallel`; the tokenizers library decides by how many. Raises BundleError where the file is
        damaged or the graph wants an input that texts do not have.
        """
        self.feeder = Feeder(manifest.inputs if inputs is None else inputs, manifest)
        self.pairs = manifest.decoding.pairs
        try:
            self.tokenizer = Tokenizer.from_file(str(path))
            self.tokenizer.no_padding()
            self.tokenizer.no_truncation()
            self.reader = reader_of(self.tokenizer, manifest, parallel=parallel)
        except BundleError:
            raise
        except Exception as error:  # the tokenizers library raises nothing narrower
            raise BundleError(
                f"{path} is no tokenizer that this version of tokenizers reads: {error}",
                hint="upgrade tokenizers, or copy or make the bundle again",
            ) from error

    @property
    def by_unit(self) -> bool:
        """Whether the units of a text are asked one by one."""
        return isinstance(self.reader, InWindows)

    def rows(self, texts: Sequence[Given]) -> list[Row]:
        """What the model reads of each text, at most `max_length` tokens.

        Raises DataError for what is not text, and for one text where there are to be two.
        """
        return self.reader.rows(texts)

    def windows(self, texts: Sequence[Given]) -> list[list[Row]]:
        """The rows of each text, several of a long one; raises DataError for what is not text."""
        if isinstance(self.reader, InWindows):
            return self.reader.windows(texts)
        return [[row] for row in self.reader.rows(texts)]

    def feed(self, rows: Sequence[Row]) -> dict[str, np.ndarray]:
        """The graph's inputs for a batch of rows: int64 arrays (rows, longest row)."""
        return self.feeder.feed(rows)


def reader_of(tokenizer: Tokenizer, manifest: Manifest, *, parallel: bool) -> Reader:
    """What makes the rows that a manifest's decoding is about."""
    decoding, length, side = manifest.decoding, manifest.max_length, manifest.truncation_side
    if decoding.function in ("tags", "span"):
        return Questions(tokenizer, length) if decoding.pairs else Tokens(tokenizer, length)
    if decoding.pairs:
        return Pairs(tokenizer, length, side)
    asked: Any = decoding.function
    window = Window(tokenizer, length, asked) if asked in KINDS else None
    texts = Texts(tokenizer, length, side, parallel=parallel)
    return texts if window is None else Marked(window, texts)
