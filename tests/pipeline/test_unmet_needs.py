"""What a step needs and cannot have is said by the plan, before a step trains anything."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_writers import save_translator
from transformers import AutoConfig, AutoModelForMaskedLM

from edgeft.errors import DataError, EdgeftError, ModelError
from edgeft.pipeline import plan
from edgeft.training.heads import has_masked_head

FULL = {"finetune": "full"}


@pytest.fixture
def refused(make_recipe, registry, tmp_path: Path) -> Callable[..., EdgeftError]:
    """Plan a recipe of some steps, and return the error that it ends in."""

    def planned(*steps: Any, **changes: Any) -> EdgeftError:
        with pytest.raises(EdgeftError) as caught:
            plan(make_recipe(steps=list(steps), **changes), tmp_path / "run", registry)
        assert not (tmp_path / "run").exists()
        return caught.value

    return planned


@pytest.fixture
def wordless(tiny_base: Path, tmp_path: Path) -> Path:
    """A masked language model whose tokenizer knows pieces of words alone."""
    out = tmp_path / "wordless"
    shutil.copytree(tiny_base, out)
    torch.manual_seed(0)
    AutoModelForMaskedLM.from_config(AutoConfig.from_pretrained(out)).save_pretrained(out)
    tokenizer = json.loads((out / "tokenizer.json").read_text())
    known = tokenizer["model"]["vocab"]
    tokenizer["model"]["vocab"] = {
        f"##{token}s" if token.isalpha() else token: each for token, each in known.items()
    }
    (out / "tokenizer.json").write_text(json.dumps(tokenizer))
    return out


def changed(folder: Path, out: Path, **manifest: Any) -> str:
    """A copy of an artifact whose manifest says something else."""
    shutil.copytree(folder, out)
    said = json.loads((out / "edgeft.json").read_text())
    (out / "edgeft.json").write_text(json.dumps(said | manifest))
    return str(out)


@pytest.mark.parametrize("method", ["neighbours", "contextual"])
def test_words_are_not_replaced_where_the_tokenizer_knows_none(method, refused, wordless) -> None:
    error = refused(FULL, {"augment": {"method": method, "model": str(wordless)}})

    assert error.message == f"the tokenizer of {wordless} has no tokens that are words"
    assert error.hint.startswith("set `model` to one that has")
    assert refused(FULL, {"augment": method}, base=str(wordless)).message == error.message


def test_a_language_that_a_translator_does_not_know_is_named(
    refused, make_recipe, registry, tmp_path
) -> None:
    model = save_translator("m2m_100", tmp_path / "translator", ["my card"])
    translate = {"method": "translate", "there": str(model), "source_language": "eng_Latn"}

    error = refused(FULL, {"augment": translate | {"pivot_language": "klingon"}})

    assert error.message == f"the tokenizer of {model} knows no language 'klingon'"
    assert "eng_Latn (NLLB)" in error.hint
    known = make_recipe(steps=[FULL, {"augment": translate | {"pivot_language": "deu_Latn"}}])
    assert plan(known, tmp_path / "run", registry).nodes


def test_a_base_is_looked_at_behind_what_adapts_it(
    refused, make_recipe, make_tiny_base, registry, tmp_path
) -> None:
    steps = [{"finetune": "adapt"}, {"finetune": "prefix"}]

    error = refused(*steps, base=str(make_tiny_base("distilbert")))

    assert error.message == "the layers of distilbert models take no prefix"
    assert len(plan(make_recipe(steps=steps), tmp_path / "run", registry).nodes) == 3


def test_a_head_for_hidden_words_may_come_of_what_adapts_the_base(
    refused, make_recipe, registry, tmp_path
) -> None:
    assert "no masked-language-model head" in refused({"finetune": "cloze"}).message

    steps = [{"finetune": "adapt"}, {"finetune": "cloze"}]
    assert len(plan(make_recipe(steps=steps), tmp_path / "run", registry).nodes) == 3


@pytest.mark.parametrize("masked", [False, True])
def test_a_head_for_hidden_words_is_missed_before_what_takes_it_away_is_trained(
    refused, tiny_base, tmp_path, masked
) -> None:
    base = shutil.copytree(tiny_base, tmp_path / "base")
    if masked:
        AutoModelForMaskedLM.from_config(AutoConfig.from_pretrained(base)).save_pretrained(base)
    assert has_masked_head(base) is masked
    contrast = {"method": "adapt", "objective": "contrast"}

    error = refused({"finetune": contrast}, {"finetune": "cloze"}, base=str(base))

    assert error.message == (
        "finetune cloze needs a model that fills in masked words, and finetune adapt makes one that"
        " does not"
    )
    assert error.hint == "leave adapt out, or let it learn from masked words"


def test_a_base_is_not_asked_where_a_teacher_stands_in_its_place(
    make_recipe, make_tiny_base, tiny_checkpoint, registry, tmp_path
) -> None:
    base = str(make_tiny_base("distilbert"))
    recipe = make_recipe(
        base=base, teacher=str(tiny_checkpoint.path), steps=[{"finetune": "prefix"}]
    )
    assert plan(recipe, tmp_path / "run", registry).nodes


def test_a_checkpoint_that_cannot_be_gone_on_from_is_refused(
    refused, tiny_base, tiny_checkpoint, tiny_dataset, tmp_path
) -> None:
    def error(model: Any) -> EdgeftError:
        options = {"continue_from": str(model), "old_data": str(tiny_dataset.path)}
        return refused({"finetune": {"method": "full", **options}})

    none = tmp_path / "none"
    assert error(none).message == f"no checkpoint at {none}"
    assert error(tiny_base).message == f"{tiny_base} has no labels to remember"
    other = changed(tiny_checkpoint.path, tmp_path / "pairs", task="pair-classification")
    found = error(other)
    assert isinstance(found, ModelError)
    assert found.message == (
        f"continue_from: {other} is of the task pair-classification, not of text-classification"
    )
    assert found.hint == "take the task pair-classification, or name another checkpoint"


def test_old_data_that_the_checkpoint_was_not_trained_on_is_refused(
    refused, tiny_checkpoint, tiny_dataset, tmp_path
) -> None:
    def error(data: Any) -> EdgeftError:
        options = {"continue_from": str(tiny_checkpoint.path), "old_data": str(data)}
        return refused({"finetune": {"method": "full", **options}})

    none = tmp_path / "none"
    assert error(none).message == f"no dataset at {none}"
    labels = changed(tiny_dataset.path, tmp_path / "labels", labels=["card", "loan"])
    found = error(labels)
    assert isinstance(found, DataError)
    assert found.message == f"old_data has a label that {tiny_checkpoint.path} never had: 'loan'"
    assert found.hint.startswith("name the dataset that it was trained on")
    pairs = changed(tiny_dataset.path, tmp_path / "pairs", task="pair-classification")
    assert error(pairs).message.startswith(f"old_data: {pairs} is of the task pair-classification")
    unsplit = changed(tiny_dataset.path, tmp_path / "unsplit", rows={"train": 96})
    assert error(unsplit).message == f"{unsplit} has no validation split"
