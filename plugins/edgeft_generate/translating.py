"""Back-translation: a text into another language and home again, by sequence-to-sequence models.

Sennrich, Haddow and Birch 2016 (https://arxiv.org/abs/1511.06709); sampling instead of beams is
from Edunov et al. 2018 (https://arxiv.org/abs/1808.09381). Several copies of a text are several
translations there, each brought home once.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import datasets
import torch
from transformers import AutoModelForSeq2SeqLM

from edgeft.data.copies import Row, add, batches_of, in_one_line
from edgeft.data.kept import Kept, kept_by
from edgeft.plugin import Context, Dataset
from edgeft.progress import Bar
from edgeft.training.machine import pick_device, set_threads
from edgeft.training.pretrained import load_pretrained
from edgeft_generate import Translate
from edgeft_generate.drawing import seeded
from edgeft_generate.identity import content
from edgeft_generate.languages import language_id, translating_tokenizer
from edgeft_generate.options import TranslateOptions
from edgeft_generate.sieve import Sieve

ROWS = 256
"""texts whose like lengths are translated together"""

Answers = list[str | None]
"""translations; None for one of which a part is missing"""


def translate(step: Translate, data: Dataset, there: Path, back: Path) -> Dataset:
    """Write `data` with copies of the training texts that were translated there and back."""
    options, context = step.options, step.context
    kept = kept_by(context, "translated", **asks(options, context, there, back))
    pair = Pair(options, context, there, back, kept)
    sieve, figures = Sieve(), {"asked": 0}

    def copies(train: datasets.Dataset, bar: Bar) -> Iterator[Row]:
        for batch in batches_of(train):
            originals = [row for row in batch if row["parent"] is None]
            bar.advance(len(batch) - len(originals))
            for start in range(0, len(originals), ROWS):
                some = originals[start : start + ROWS]
                texts = [in_one_line(row["text"]) for row in some]
                for row, answers in zip(some, pair.answers(texts, bar), strict=True):
                    figures["asked"] += len(answers)
                    for new in sieve.new(answers, [row], set()):
                        yield {**row, "text": new, "parent": row["id"]}
        figures.update(sieve.counted)

    made = add(step, data, copies, figures=figures)
    if lost := sieve.lost():
        limit = f" (max_length is {options.max_length})" if figures["truncated"] else ""
        context.progress.note(
            f"translate: of {figures['asked']:,} copies were left out: {lost}{limit}"
        )
    return made


def asks(options: TranslateOptions, context: Context, there: Path, back: Path) -> dict[str, Any]:
    """All that decides a translation beside the text."""
    deciding = options.model_dump(exclude={"there", "back", "batch"})
    models = {"there": content(there), "back": content(back)}
    seed = context.seed if options.temperature is not None else None
    return {**deciding, **models, "seed": seed, "whole": True}  # earlier ones may be cut off


class Pair:
    """Two translators that are opened when the first text is not kept yet."""

    def __init__(
        self, options: TranslateOptions, context: Context, there: Path, back: Path, kept: Kept
    ) -> None:
        self.options = options
        self.context = context
        self.folders = there, back
        self.kept = kept
        self.opened: tuple[Translator, Translator] | None = None

    def answers(self, texts: list[str], bar: Bar) -> list[Answers]:
        """The copies of each text, in the texts' order, empty and like ones included."""
        new = [text for text in dict.fromkeys(texts) if text not in self.kept]
        bar.advance(len(texts) - len(new))
        order = sorted(new, key=lambda text: (len(text), text))
        for start in range(0, len(order), self.options.batch):
            some = order[start : start + self.options.batch]
            self.kept.keep(dict(zip(some, self.there_and_back(some), strict=True)))
            bar.advance(len(some))
        return [self.kept[text] for text in texts]

    def there_and_back(self, texts: list[str]) -> list[Answers]:
        """`copies` translations of each text, there and back."""
        there, back = self.translators()
        copies = self.options.copies
        with seeded(self.context.seed, texts, there.device):
            pivots = there.translated(texts, copies)
            homes = back.translated(pivots, 1)
        return [homes[start : start + copies] for start in range(0, len(homes), copies)]

    def translators(self) -> "tuple[Translator, Translator]":
        """The two models, the same one twice where they are one."""
        if self.opened is None:
            set_threads(self.context.threads)
            options = self.options
            languages = options.source_language, options.pivot_language
            models = [Model(self.folders[0], self.context)]
            same = self.folders[0] == self.folders[1]
            models.append(models[0] if same else Model(self.folders[1], self.context))
            self.opened = (
                Translator(models[0], options, options.there_prefix, *languages),
                Translator(models[1], options, options.back_prefix, *reversed(languages)),
            )
        return self.opened


class Model:
    """A sequence-to-sequence model with its tokenizer."""

    def __init__(self, folder: Path, context: Context) -> None:
        self.folder = folder
        self.device = pick_device(context.device)
        self.tokenizer = translating_tokenizer(folder)
        self.model = load_pretrained(AutoModelForSeq2SeqLM, folder).eval().to(self.device)


class Translator:
    """A model in one direction."""

    def __init__(
        self,
        model: Model,
        options: TranslateOptions,
        prefix: str,
        source: str | None,
        target: str | None,
    ) -> None:
        self.model = model.model
        self.tokenizer = model.tokenizer
        self.device = model.device
        self.options = options
        self.prefix = prefix
        self.source = source
        if source is not None:
            language_id(self.tokenizer, source, model.folder)
        self.first = None if target is None else language_id(self.tokenizer, target, model.folder)

    def translated(self, texts: Sequence[str | None], copies: int) -> Answers:
        """`copies` translations of each text, those of one text together.

        None for a text that is None or longer than `max_length`, and for a translation that has no
        end by then: what is cut off says something else.
        """
        read = self.read(texts)
        if not read:
            return [None] * (len(texts) * copies)
        encoded = self.tokenizer.pad({"input_ids": list(read.values())}, return_tensors="pt").to(
            self.device
        )
        with torch.inference_mode():
            ids = self.model.generate(
                input_ids=encoded["input_ids"],
                attention_mask=encoded["attention_mask"],
                num_return_sequences=copies,
                max_new_tokens=self.options.max_length,
                forced_eos_token_id=None,  # Marian's would look like an end
                **self.search(copies),
            )  # (texts * copies, tokens), each after the token that starts all of them
        written = self.tokenizer.batch_decode(ids, skip_special_tokens=True)
        whole = torch.isin(ids[:, 1:], self.ends().to(ids.device)).any(dim=1).tolist()
        said = [
            in_one_line(each) if ended else None for each, ended in zip(written, whole, strict=True)
        ]
        found: dict[int, Answers] = {
            place: said[start : start + copies]
            for place, start in zip(read, range(0, len(said), copies), strict=True)
        }
        none: Answers = [None] * copies
        return [each for place in range(len(texts)) for each in found.get(place, none)]

    def read(self, texts: Sequence[str | None]) -> dict[int, list[int]]:
        """The tokens of the texts that are read whole, by their places."""
        if self.source is not None:
            self.tokenizer.src_lang = self.source
        places = [place for place, text in enumerate(texts) if text is not None]
        if not places:
            return {}
        ids = self.tokenizer([f"{self.prefix}{texts[place]}" for place in places], verbose=False)
        return {
            place: each
            for place, each in zip(places, ids["input_ids"], strict=True)
            if len(each) <= self.options.max_length
        }

    def ends(self) -> torch.Tensor:
        """The tokens that end a translation: int64 (tokens,)."""
        found = self.model.generation_config.eos_token_id
        return torch.as_tensor(self.tokenizer.eos_token_id if found is None else found).reshape(-1)

    def search(self, copies: int) -> dict[str, Any]:
        """How the words are looked for: by beams, or drawn."""
        first = {} if self.first is None else {"forced_bos_token_id": self.first}
        if self.options.temperature is None:
            return {"do_sample": False, "num_beams": max(self.options.beams, copies), **first}
        heat = self.options.temperature
        return {"do_sample": True, "num_beams": 1, "top_k": 0, "temperature": heat, **first}
