"""The vocabulary pruner on every family: same answers, fewer rows, a tokenizer that fits."""

import csv

import numpy as np
import pytest

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.data.rows import open_split
from edgeft.errors import DataError
from edgeft.evaluation import logits_of
from edgeft.training.encoding import load_tokenizer


@pytest.fixture
def prune(registry, context):
    """Run the step with options."""

    def run(checkpoint, data, **options) -> Checkpoint:
        cls = registry.step("prune", "vocabulary")
        circumstances = context.at(context.out, force=True)
        return cls(registry.options("prune", "vocabulary", options), circumstances).run(
            checkpoint, data
        )

    return run


@pytest.fixture
def few(make_data, tiny_dataset) -> Dataset:
    """Twelve of the tiny dataset's training texts, eight of its pool, all of its validation."""
    rows = {split: open_split(tiny_dataset, split) for split in tiny_dataset.splits}
    return make_data(
        tiny_dataset.labels,
        train=rows["train"].select(range(12)).to_list(),
        unlabelled=rows["unlabelled"].select(range(8)).to_list(),
        validation=rows["validation"].to_list(),
    )


def test_texts_that_were_read_get_the_very_same_logits(prune, each_tiny_checkpoint, few, context):
    made = prune(each_tiny_checkpoint, few, reserve=5)
    for split in ("train", "unlabelled"):
        texts = open_split(few, split)["text"][:]
        before, after = (
            logits_of(model, texts, task=context.task) for model in (each_tiny_checkpoint, made)
        )
        assert (before == after).all()
    assert made.max_length == each_tiny_checkpoint.max_length
    assert made.labels == each_tiny_checkpoint.labels
    assert made.size_bytes < each_tiny_checkpoint.size_bytes
    assert [record.kind for record in made.manifest.history][-2:] == ["finetune", "prune"]


def test_tokenizer_loads_as_it_is_written_and_has_a_row_for_each_token(
    prune, each_tiny_checkpoint, few, context
):
    made = prune(each_tiny_checkpoint, few, reserve=5)
    tokenizer = load_tokenizer(made.path)
    model = context.task.load_model(made.path)
    table, figures = model.get_input_embeddings(), made.manifest.history[-1].figures
    sizes = {table.num_embeddings, len(tokenizer), model.config.vocab_size, figures["vocabulary"]}
    assert len(sizes) == 1
    assert table.padding_idx == tokenizer.pad_token_id == model.config.pad_token_id
    assert figures["vocabulary"] < figures["vocabulary_of"]
    assert figures["unknown_rate"] <= figures["unknown_rate_of"]
    assert figures["tokens_per_text"] > figures["tokens_per_text_of"]
    assert tokenizer.backend_tokenizer.truncation is None


def test_absolute_positions_are_cut_to_max_length(
    prune, make_tiny_checkpoint, tiny_dataset, context
):
    whole = make_tiny_checkpoint("roberta")
    made = prune(whole, tiny_dataset)
    model = context.task.load_model(made.path)
    assert model.config.max_position_embeddings == whole.max_length + 2
    assert context.task.load_model(whole.path).config.max_position_embeddings == 66


def test_positions_stay_where_that_is_asked_for(prune, tiny_checkpoint, tiny_dataset, context):
    made = prune(tiny_checkpoint, tiny_dataset, positions=False)
    assert context.task.load_model(made.path).config.max_position_embeddings == 64


def test_given_corpora_keep_their_tokens(prune, tiny_checkpoint, topics, tmp_path):
    corpus = tmp_path / "use.csv"
    with corpus.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text",), ("coins abroad",)])
    wanted = set(load_tokenizer(tiny_checkpoint.path).tokenize("coins abroad"))
    assert not wanted <= vocabulary(prune(tiny_checkpoint, topics, reserve=0))
    with_corpus = prune(tiny_checkpoint, topics, reserve=0, corpora=[str(corpus)])
    assert wanted <= vocabulary(with_corpus)


def test_the_unlabelled_pool_can_be_left_out(prune, tiny_checkpoint, make_data):
    row = {"id": 0, "text": "card", "label": "card", "parent": None}
    data = make_data(
        ["card"],
        train=[row],
        validation=[row | {"id": 1}],
        unlabelled=[row | {"id": 2, "text": "machine", "label": None}],
    )
    assert "machine"[:5] in vocabulary(prune(tiny_checkpoint, data, reserve=0))
    alone = prune(tiny_checkpoint, data, reserve=0, use_unlabelled=False)
    assert "machine"[:5] not in vocabulary(alone)


def test_a_missing_corpus_is_named_and_leaves_nothing(
    prune, tiny_checkpoint, tiny_dataset, context
):
    with pytest.raises(DataError, match=r"nowhere\.txt"):
        prune(tiny_checkpoint, tiny_dataset, corpora=["nowhere.txt"])
    assert not context.out.exists()


def test_repair_wins_back_what_a_vocabulary_too_small_lost(
    prune, tiny_checkpoint, tiny_dataset, context
):
    texts = open_split(tiny_dataset, "validation")["text"][:]

    def distance(model: Checkpoint) -> float:
        answers = [logits_of(each, texts, task=context.task) for each in (tiny_checkpoint, model)]
        return float(np.abs(answers[0] - answers[1]).mean())

    cut = distance(prune(tiny_checkpoint, tiny_dataset, size=90, reserve=0))
    training = {"epochs": 8, "learning_rate": 3e-3, "batch_size": 8, "precision": "fp32"}
    made = prune(tiny_checkpoint, tiny_dataset, size=90, reserve=0, repair=training)
    assert distance(made) < 0.7 * cut
    assert "teacher_agreement" in made.manifest.history[-1].figures
    assert made.max_length == tiny_checkpoint.max_length


def vocabulary(made: Checkpoint) -> set[str]:
    return set(load_tokenizer(made.path).get_vocab())
