"""What models of relations read, and which steps keep it."""

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from edgeft.context import Context
from edgeft.data import DataSource
from edgeft.data.prepare import prepare
from edgeft.data.rows import open_split
from edgeft.errors import ModelError, PluginError
from edgeft.runtime import Mentions
from edgeft.runtime.manifest import Decoding, Manifest, Pad
from edgeft.runtime.marking import is_marked, marked, mention_places
from edgeft.runtime.tokenization import FrozenTokenizer
from edgeft.surgery.vocabulary import special_ids, with_token_rows
from edgeft.tasks.relation_extraction import RelationExtraction
from edgeft.tasks.relation_extraction.head import mark_ids
from edgeft.training.encoding import load_tokenizer
from edgeft.training.tokenizing import encode

FAMILIES = ["bert", "distilbert", "roberta", "electra", "deberta-v2", "modernbert"]


def ids(tokenizer, texts):
    return tokenizer(texts, padding=True, return_tensors="pt", return_token_type_ids=False)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_head_reads_both_marks_and_tells_them_apart(family, make_marked_base):
    base = make_marked_base(family)
    model = RelationExtraction().load_model(base, ["a", "b", "c"]).eval()
    tokenizer = load_tokenizer(base)
    text = "anna founded acme"
    pair = [
        marked(Mentions(text, (0, 4), (13, 17))),
        marked(Mentions(text, (13, 17), (0, 4))),
        "anna founded acme",
    ]
    batch = ids(tokenizer, pair)
    with torch.no_grad():
        hidden = model.base_model(**batch).last_hidden_state
        read = model.read(hidden, batch["attention_mask"], batch["input_ids"])
        logits = model(**batch).logits
    places = [
        [
            row.index(each)
            for each in (model.marks[0], model.marks[1])
            for each in each
            if each in row
        ]
        for row in batch["input_ids"].tolist()
    ]
    for row in (0, 1):
        head, tail = places[row]
        assert torch.equal(read[row], torch.cat([hidden[row, head], hidden[row, tail]]))
    assert places[0] != places[1]
    assert not torch.allclose(logits[0], logits[1])
    assert not read[2].any()


def test_a_checkpoint_is_loaded_as_it_was_saved(make_marked_base, tmp_path):
    task = RelationExtraction()
    model = task.load_model(make_marked_base("bert"), ["a", "b"]).eval()
    model.save_pretrained(tmp_path)
    again = task.load_model(tmp_path).eval()
    assert again.marks == model.marks
    assert again.config.id2label == {0: "a", 1: "b"}
    assert torch.equal(again.classifier.weight, model.classifier.weight)
    others = task.load_model(tmp_path, ["x", "y"])
    assert not torch.equal(others.classifier.weight, model.classifier.weight)


def test_a_smaller_vocabulary_keeps_the_marks(make_marked_base):
    model = RelationExtraction().load_model(make_marked_base("bert"), ["a", "b"]).eval()
    named = special_ids(model.config)
    assert {"head_token_id", "tail_token_id"} <= set(named)
    kept = torch.tensor([0, 2, 3, model.marks[1][0], model.marks[0][0]]).numpy()
    small = with_token_rows(model, kept)
    assert small.marks == ([4], [3])


def test_a_tokenizer_that_does_not_know_the_marks_is_refused(tiny_base):
    with pytest.raises(ModelError, match=r"does not tell the marks \{ \} \[ \] apart"):
        RelationExtraction().load_model(tiny_base, ["a", "b"])


@pytest.mark.parametrize("family", ["bert", "roberta", "deberta-v2"])
def test_devices_cut_long_texts_as_training_does(family, make_marked_base):
    base = make_marked_base(family)
    tokenizer = load_tokenizer(base)
    manifest = Manifest(
        "bundle",
        max_length=16,
        inputs=["input_ids"],
        decoding=Decoding(function="relation"),
        pad=Pad(tokenizer.pad_token_id),
    )
    device = FrozenTokenizer(manifest, base / "tokenizer.json")
    text = f"{'in year ' * 30}anna {'founded ' * 3}acme{' left' * 30}"
    texts = [marked(Mentions(text, (240, 244), (269, 273))), "anna founded acme", text]
    encoded = encode(texts, tokenizer, 16, marks="relation")
    rows = [row.ids for row in device.rows(texts)]
    for row, found in enumerate(rows):
        assert found == encoded.ids[encoded.starts[row] : encoded.starts[row + 1]].tolist()
    marks = RelationExtraction().load_model(base, ["a", "b"]).marks
    assert all(set(rows[0]) & set(each) for each in marks)


@pytest.fixture
def relations(make_related, tmp_path):
    """A dataset of relations."""
    import json
    import random

    path = tmp_path / "rows.jsonl"
    rows = [make_related(random.Random(number), number) for number in range(60)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    context = Context(out=tmp_path / "data", task=RelationExtraction())
    return prepare(DataSource(train=str(path)), context.task, context, find=lambda _: None)


@pytest.mark.parametrize("method", ["delete", "insert", "swap", "mask", "typos"])
def test_copies_keep_both_parts_and_their_marks(method, relations, registry, tmp_path):
    context = Context(out=tmp_path / "out", task=RelationExtraction())
    options = registry.options("augment", method, {"copies": 3, "rate": 0.4})
    made = registry.step("augment", method)(options, context).run(relations)
    rows = open_split(made, "train")
    of = {row["id"]: row["text"] for row in rows}
    copies = [row for row in rows if row["parent"] is not None]
    assert len(copies) > 40
    for row in copies:
        assert is_marked(row["text"])
        before = of[row["parent"]]
        assert [row["text"][slice(*each)] for each in mention_places(row["text"])] == [
            before[slice(*each)] for each in mention_places(before)
        ]


@pytest.mark.parametrize(
    ("kind", "method"),
    [
        ("augment", "mix"), ("augment", "rewrite"), ("augment", "contextual"),
        ("augment", "generate"), ("finetune", "probe"), ("finetune", "cloze"),
        ("finetune", "names"), ("finetune", "prefix"), ("distill", "static"),
    ],
)  # fmt: skip
def test_steps_that_would_lose_the_marks_are_refused(kind, method, registry):
    step = registry.step(kind, method)
    options = step.Options.model_construct()
    with pytest.raises(PluginError, match="would not keep the marks"):
        step.check_task(options, RelationExtraction())


def test_a_head_that_reads_marks_cannot_start_as_a_probe(registry):
    options = registry.options("finetune", "full", {"head": "probe"})
    with pytest.raises(PluginError, match="needs a pooled vector"):
        registry.step("finetune", "full").check_task(options, RelationExtraction())


def test_a_sign_behind_a_space_with_a_token_of_its_own_is_the_mark(tmp_path):
    """As in SentencePiece's vocabularies that have no piece of a space and a brace."""
    pieces = ["<pad>", "<unk>", "\u2581", "{", "}", "[", "]", *"abcd"]
    words = models.Unigram([(each, -1.0) for each in pieces], unk_id=1)
    tokenizer = Tokenizer(words)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    special = {"pad_token": "<pad>", "unk_token": "<unk>"}
    whole = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special)
    whole.save_pretrained(tmp_path)
    assert mark_ids(tmp_path) == {"head_token_id": [3], "tail_token_id": [5]}
