"""Back-translation: a text into another language and home again, by sequence-to-sequence models.

Sennrich, Haddow and Birch 2016 (https://arxiv.org/abs/1511.06709); sampling instead of beams is
from Edunov et al. 2018 (https://arxiv.org/abs/1808.09381). Several copies of a text are several
translations there, each brought home once.
"""

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import datasets
import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, PreTrainedTokenizerBase

from edgeft.data.copies import Row, add, batches_of, in_one_line, keys_of
from edgeft.data.kept import Kept, kept_by
from edgeft.plugin import Context, Dataset, ModelError
from edgeft.progress import Bar
from edgeft.training.machine import pick_device, set_threads
from edgeft.training.pretrained import load_pretrained
from edgeft_generate import Translate
from edgeft_generate.drawing import seeded
from edgeft_generate.identity import content
from edgeft_generate.options import TranslateOptions

ROWS = 256
"""texts whose like lengths are translated together"""


def translate(step: Translate, data: Dataset, there: Path, back: Path) -> Dataset:
    """Write `data` with copies of the training texts that were translated there and back."""
    options, context = step.options, step.context
    kept = kept_by(context, "translated", **asks(options, context, there, back))
    pair = Pair(options, context, there, back, kept)
    counted = {"asked": 0, "empty": 0, "identical": 0, "duplicate": 0}

    def copies(train: datasets.Dataset, bar: Bar) -> Iterator[Row]:
        for batch in batches_of(train):
            originals = [row for row in batch if row["parent"] is None]
            bar.advance(len(batch) - len(originals))
            for start in range(0, len(originals), ROWS):
                some = originals[start : start + ROWS]
                texts = [in_one_line(row["text"]) for row in some]
                for row, answers in zip(some, pair.answers(texts, bar), strict=True):
                    for new in new_ones(row["text"], answers, counted):
                        yield {**row, "text": new, "parent": row["id"]}

    made = add(step, data, copies, figures=counted)
    lost = {name: counted[name] for name in ("empty", "identical", "duplicate") if counted[name]}
    if lost:
        said = ", ".join(f"{count:,} {name}" for name, count in lost.items())
        context.progress.note(f"translate: of {counted['asked']:,} copies were left out: {said}")
    return made


def new_ones(text: str, answers: list[str], counted: dict[str, int]) -> Iterator[str]:
    """The answers that say it otherwise than the text, and than one before; the rest is counted."""
    counted["asked"] += len(answers)
    seen: set[int] = set()
    (own,) = keys_of([text])
    for answer in answers:
        (key,) = keys_of([answer])
        if not answer:
            counted["empty"] += 1
        elif key == own:
            counted["identical"] += 1
        elif key in seen:
            counted["duplicate"] += 1
        else:
            seen.add(key)
            yield answer


def asks(options: TranslateOptions, context: Context, there: Path, back: Path) -> dict[str, Any]:
    """All that decides a translation beside the text."""
    deciding = options.model_dump(exclude={"there", "back", "batch"})
    models = {"there": content(there), "back": content(back)}
    seed = context.seed if options.temperature is not None else None
    return {**deciding, **models, "seed": seed}


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

    def answers(self, texts: list[str], bar: Bar) -> list[list[str]]:
        """The copies of each text, in the texts' order, empty and like ones included."""
        new = [text for text in dict.fromkeys(texts) if text not in self.kept]
        bar.advance(len(texts) - len(new))
        order = sorted(new, key=lambda text: (len(text), text))
        for start in range(0, len(order), self.options.batch):
            some = order[start : start + self.options.batch]
            self.kept.keep(dict(zip(some, self.there_and_back(some), strict=True)))
            bar.advance(len(some))
        return [self.kept[text] for text in texts]

    def there_and_back(self, texts: list[str]) -> list[list[str]]:
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

    def translated(self, texts: Sequence[str], copies: int) -> list[str]:
        """`copies` translations of each text, those of one text together."""
        if self.source is not None:
            self.tokenizer.src_lang = self.source
        encoded = self.tokenizer(
            [self.prefix + text for text in texts],
            padding=True,
            truncation=True,
            max_length=self.options.max_length,
            return_tensors="pt",
        ).to(self.device)
        with torch.inference_mode():
            ids = self.model.generate(
                input_ids=encoded["input_ids"],
                attention_mask=encoded["attention_mask"],
                num_return_sequences=copies,
                max_new_tokens=self.options.max_length,
                **self.search(copies),
            )
        found = self.tokenizer.batch_decode(ids, skip_special_tokens=True)
        return [in_one_line(each) for each in found]

    def search(self, copies: int) -> dict[str, Any]:
        """How the words are looked for: by beams, or drawn."""
        first = {} if self.first is None else {"forced_bos_token_id": self.first}
        if self.options.temperature is None:
            return {"do_sample": False, "num_beams": max(self.options.beams, copies), **first}
        heat = self.options.temperature
        return {"do_sample": True, "num_beams": 1, "top_k": 0, "temperature": heat, **first}


def translating_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """A translator's tokenizer, fast or not; raises ModelError where it has none."""
    try:
        with warnings.catch_warnings():  # Marian's works without sacremoses, which tidies marks
            warnings.filterwarnings("ignore", "Recommended: pip install sacremoses")
            return AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    except (OSError, ValueError, ImportError, TypeError) as error:
        raise ModelError(
            f"{folder} has no tokenizer that can be loaded: {str(error).partition(chr(10))[0]}",
            hint="put the tokenizer's files of the model beside its config.json",
        ) from error


def language_id(tokenizer: PreTrainedTokenizerBase, code: str, folder: Path) -> int:
    """The token that says which language is meant; raises ModelError for one that is not known."""
    for token in (code, f"__{code}__", f">>{code}<<"):
        found = tokenizer.convert_tokens_to_ids(token)
        if found is not None and found != tokenizer.unk_token_id:
            return int(found)
    raise ModelError(
        f"the tokenizer of {folder} knows no language {code!r}",
        hint="take a code that the model's page names, such as eng_Latn (NLLB), en_XX (mBART) or"
        " en (M2M100)",
    )
