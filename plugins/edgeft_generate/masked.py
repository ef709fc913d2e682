"""Replaces words by what a masked language model says in their place.

Kobayashi 2018 (https://arxiv.org/abs/1805.06201) and Wu et al. 2019
(https://arxiv.org/abs/1812.06705), without the label as a condition: `filter` behind it takes out
copies whose label became doubtful.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import datasets
import numpy as np
import torch
from transformers import AutoModelForMaskedLM, PreTrainedModel

from edgeft.data.copies import Row, add, batches_of
from edgeft.data.units import amount, text_of, units_of, word_in
from edgeft.plugin import Context, Dataset
from edgeft.progress import Bar
from edgeft.training.encoding import load_tokenizer, longest_input
from edgeft.training.machine import pick_device, set_threads
from edgeft.training.pretrained import load_pretrained
from edgeft.training.words import wordless, words_of
from edgeft_generate import Contextual
from edgeft_generate.heads import headless

LOGITS_BYTES = 2**28
"""bytes of logits that a batch may have: a whole vocabulary for every token"""
ROWS = 64
"""texts whose copies are made at a time: like lengths among them go together"""


@dataclass(frozen=True)
class Gap:
    """A text with masked words, and which of its units those are."""

    units: list[str]
    places: list[int]
    text: str


def contextual(step: Contextual, data: Dataset, model: Path) -> Dataset:
    """Write `data` with copies whose words the masked language model in `model` chose."""
    options, context = step.options, step.context
    random = np.random.default_rng(context.seed)
    filler = Filler(model, options.candidates, options.batch, context)

    def copies(train: datasets.Dataset, bar: Bar) -> Iterator[Row]:
        for batch in batches_of(train):
            originals = [row for row in batch if row["parent"] is None]
            bar.advance(len(batch) - len(originals))
            for start in range(0, len(originals), ROWS):
                some = originals[start : start + ROWS]
                rows = [row for row in some for _ in range(options.copies)]
                gaps = [filler.gap(units_of(row["text"]), options.rate, random) for row in rows]
                for row, text in zip(rows, filler.filled(gaps, random), strict=True):
                    yield {**row, "text": text, "parent": row["id"]}
                bar.advance(len(some))

    return add(step, data, copies)


class Filler:
    """A masked language model that fills gaps with whole words."""

    def __init__(self, folder: Path, candidates: int, batch: int, context: Context) -> None:
        set_threads(context.threads)
        self.device = pick_device(context.device)
        self.tokenizer = load_tokenizer(folder)
        self.model = masked_model(folder).to(self.device)
        self.limit = longest_input(self.model, self.tokenizer)
        words = words_of(self.tokenizer.backend_tokenizer)
        table = self.model.get_output_embeddings()
        outputs = len(self.tokenizer) if table is None else table.weight.shape[0]
        self.ids = np.array([each for each in sorted(words) if each < outputs], dtype=np.int64)
        if len(self.ids) < 2:
            raise wordless(folder)
        self.words = [words[each] for each in self.ids.tolist()]
        self.lower = np.array([word.lower() for word in self.words])
        self.candidates = min(candidates, len(self.words) - 1)
        self.batch = batch
        self.tokens = max(1, LOGITS_BYTES // (4 * outputs))

    def gap(self, units: list[str], rate: float, random: np.random.Generator) -> Gap:
        """A text with a share of its words masked; none where it has the mask token already."""
        mask = str(self.tokenizer.mask_token)
        open_to = [place for place, unit in enumerate(units) if is_word(unit)]
        if not open_to or mask in text_of(units):
            return Gap(units, [], text_of(units))
        count = min(amount(len(units), rate), len(open_to))
        places = sorted(random.choice(open_to, count, replace=False).tolist())
        masked = list(units)
        for place in places:
            masked[place] = units[place].replace(word_in(units[place]), mask, 1)
        return Gap(units, places, text_of(masked))

    def filled(self, gaps: list[Gap], random: np.random.Generator) -> list[str]:
        """The texts with words in their gaps, in the order of the gaps; like lengths go together.

        What stands behind the tokens that the model can read stays as it was.
        """
        ids = self.encoded([gap.text for gap in gaps])
        order = sorted(range(len(gaps)), key=lambda place: (len(ids[place]), place))
        found = [text_of(gap.units) for gap in gaps]
        for some in self.batches(order, ids):
            asked = [place for place in some if gaps[place].places]
            if asked:
                answers = self.answers([ids[place] for place in asked])
                for place, logits in zip(asked, answers, strict=True):
                    found[place] = self.drawn(gaps[place], logits, random)
        return found

    def encoded(self, texts: list[str]) -> list[list[int]]:
        """The token ids of each text, as many as the model can read."""
        if not texts:
            return []
        found: list[list[int]] = self.tokenizer(
            texts, truncation=True, max_length=self.limit, padding=False
        )["input_ids"]
        return found

    def batches(self, order: list[int], ids: list[list[int]]) -> Iterator[list[int]]:
        """The places in batches whose logits are not too many, the longest text of each last."""
        some: list[int] = []
        for place in order:
            if some and (
                len(some) == self.batch or (len(some) + 1) * len(ids[place]) > self.tokens
            ):
                yield some
                some = []
            some.append(place)
        if some:
            yield some

    def answers(self, ids: list[list[int]]) -> list[np.ndarray]:
        """The logits of each text's masks over the words, float32 (masks, words) a text."""
        padded = self.tokenizer.pad({"input_ids": ids}, return_tensors="pt").to(self.device)
        with torch.inference_mode():
            logits = self.model(
                input_ids=padded["input_ids"], attention_mask=padded["attention_mask"]
            ).logits  # (texts, tokens, vocabulary)
        masks = padded["input_ids"] == self.tokenizer.mask_token_id
        of_masks = logits[masks].float().cpu().numpy()[:, self.ids]
        ends = np.cumsum(masks.sum(dim=1).cpu().numpy())
        return np.split(of_masks, ends[:-1])

    def drawn(self, gap: Gap, logits: np.ndarray, random: np.random.Generator) -> str:
        """The text with a word drawn for each gap by its probability among the likeliest."""
        units = list(gap.units)
        for place, row in zip(gap.places, logits, strict=False):
            word = word_in(units[place])
            others = np.where(self.lower == word.lower(), -np.inf, row)
            best = np.argpartition(-others, self.candidates - 1)[: self.candidates]
            best = best[np.argsort(-others[best], kind="stable")]
            best = best[np.isfinite(others[best])]
            weights = np.exp(others[best] - others[best].max()).astype(np.float64)
            other = self.words[int(random.choice(best, p=weights / weights.sum()))]
            if word[0].isupper():
                other = other[0].upper() + other[1:]
            units[place] = units[place].replace(word, other, 1)
        return text_of(units)


def is_word(unit: str) -> bool:
    """Whether a unit has letters that another word may take the place of."""
    return any(character.isalpha() for character in word_in(unit))


def masked_model(folder: Path) -> PreTrainedModel:
    """The model with its masked-language head; raises ModelError where the head is not its own."""
    model, info = load_pretrained(AutoModelForMaskedLM, folder, output_loading_info=True)
    tied = set(getattr(model, "all_tied_weights_keys", {}))
    if set(info["missing_keys"]) - tied:
        raise headless(folder)
    return model.eval()
