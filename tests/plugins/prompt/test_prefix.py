"""Prefix tuning: only prefixes and the head are learnt, and nothing that comes after needs peft."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional

from edgeft.architectures.prefixed import prefixed
from edgeft.context import Context
from edgeft.data.rows import label_indices, open_split
from edgeft.errors import ModelError
from edgeft.evaluation import logits_of
from edgeft.gates.parity import TOLERANCE
from edgeft.runtime import load
from edgeft.tasks.text_classification import TextClassification
from edgeft.tasks.text_classification.head import load_model
from edgeft.training.encoding import load_tokenizer
from edgeft_prompt import OTHERS, Prefix, PrefixOptions
from edgeft_prompt.prefix import bake, learn_prefixes, read_by_layers
from edgeft_prompt.soft import start_ids

QUICK = {"batch_size": 8, "precision": "fp32", "max_length": 24}
PLAIN = {"strategies": ["trace"], "rewrites": []}
FAMILIES = ["bert", "roberta", "electra"]
ODD = ["goal team", "a", "", "the goal " * 60, "zzz " * 80]


@pytest.fixture(scope="module")
def tuned(make_base, topics, registry, tmp_path_factory):
    """A family's checkpoint with prefixes, and the bundle that is exported of it."""
    done = {}

    def make(family):
        if family not in done:
            folder = tmp_path_factory.mktemp("prefix")
            task = TextClassification()
            found = [make_base(family)]
            for kind, method, options in (
                ("finetune", "prefix", QUICK | {"tokens": 3, "epochs": 2}),
                ("export", "onnx", PLAIN),
            ):
                there = Context(out=folder / kind, task=task, device="cpu", threads=1)
                step = registry.step(kind, method)(registry.options(kind, method, options), there)
                found.append(step.run(found[-1], topics))
            done[family] = found[1:]
        return done[family]

    return make


@pytest.mark.parametrize("family", FAMILIES)
def test_prefixes_and_the_head_are_learnt_and_nothing_else(
    family, tuned, make_base, topics
) -> None:
    checkpoint, _ = tuned(family)

    before = load_model(make_base(family), topics.labels, pooling="mean").state_dict()
    after = load_model(checkpoint.path)
    moved = {
        name
        for name, each in after.state_dict().items()
        if name not in before or not torch.equal(each, before[name])
    }
    assert moved == {"classifier.weight", "classifier.bias"} | {
        f"{after.base_model_prefix}.prefixes.{layer}.{name}"
        for layer in range(4)
        for name in ("keys", "values")
    }
    figures = checkpoint.manifest.history[-1].figures
    assert figures["trained_weights"] == 4 * 2 * 3 * 32 + 3 * 32 + 3
    vocabulary = load_tokenizer(make_base(family)).get_vocab()
    assert load_tokenizer(checkpoint.path).get_vocab() == vocabulary


@pytest.mark.parametrize("family", FAMILIES)
def test_the_runtime_answers_as_the_checkpoint(family, tuned, topics, context) -> None:
    checkpoint, bundle = tuned(family)

    found, expected = (logits_of(each, ODD, task=context.task) for each in (bundle, checkpoint))

    assert np.abs(found - expected).max() < TOLERANCE
    assert json.loads((bundle.path / "config.json").read_text())["model_type"] == family
    with load(bundle.path) as model:
        best = [answer.label for answer in model(ODD)]
        assert model.selftest().passed
    assert best == [topics.labels[each] for each in expected.argmax(axis=1)]


@pytest.mark.parametrize(("method", "family"), [("dynamic", "bert"), ("static", "roberta")])
def test_quantized_it_answers_nearly_alike(method, family, tuned, topics, take, context) -> None:
    checkpoint, bundle = tuned(family)

    quick = take("quantize", method, {}, bundle, topics)

    texts = [f"the {word} today" for word in ("soup", "goal", "laptop")]
    with load(quick.path, variant="int8") as model:
        found = np.array([[each.probability for each in model(text, top_k=3)] for text in texts])
    expected = logits_of(checkpoint, texts, task=context.task)
    shares = np.exp(expected) / np.exp(expected).sum(axis=1, keepdims=True)
    assert np.abs(found - -np.sort(-shares)).max() < 0.05


def test_a_student_keeps_the_prefixes_of_its_layers(tuned, topics, take, context) -> None:
    checkpoint, _ = tuned("electra")

    student = take("distill", "layers", QUICK | {"keep": 1, "epochs": 1}, checkpoint, topics)

    names = [name for name, _ in load_model(student.path).named_parameters()]
    assert [name for name in names if "prefix" in name] == [
        "electra.prefixes.0.keys",
        "electra.prefixes.0.values",
    ]
    pruned = take("prune", "vocabulary", {"reserve": 0}, student, topics)
    small = take("export", "onnx", PLAIN, pruned, topics)
    found, expected = (logits_of(each, ODD, task=context.task) for each in (small, pruned))
    assert np.abs(found - expected).max() < TOLERANCE


def test_a_rewritten_graph_answers_alike(tuned, topics, take, context) -> None:
    checkpoint, _ = tuned("bert")
    options = {"strategies": ["trace"], "rewrites": ["plain", "projections"]}

    bundle = take("export", "onnx", options, checkpoint, topics)

    assert bundle.manifest.history[-1].figures["refused"] == {}
    found, expected = (logits_of(each, ODD, task=context.task) for each in (bundle, checkpoint))
    assert np.abs(found - expected).max() < TOLERANCE


def test_prefixes_help_a_frozen_encoder(make_base, topics, take, context) -> None:
    options = QUICK | {"tokens": 4, "epochs": 4}

    checkpoint = take("finetune", "prefix", options, make_base("bert"), topics)

    figures = checkpoint.manifest.history[-1].figures
    assert figures["log"][-1]["loss"] < 0.9 * np.log(3)
    assert figures["validation"]["accuracy"] > 0.6


def test_a_projection_is_dropped_and_the_best_weights_are_kept(
    make_base, topics, take, context
) -> None:
    options = QUICK | {"tokens": 2, "epochs": 5, "projection": True, "learning_rate": 3e-3}

    checkpoint = take("finetune", "prefix", options, make_base("bert"), topics)

    weights = load_file(checkpoint.path / "model.safetensors")
    assert [name for name in weights if ".prefixes." in name] == [
        f"bert.prefixes.{layer}.{name}" for layer in range(4) for name in ("keys", "values")
    ]
    figures = checkpoint.manifest.history[-1].figures
    assert figures["trained_weights"] > 2 * 32 + 4 * 2 * 32 * 32
    rows = open_split(topics, "validation")
    logits = logits_of(checkpoint, rows["text"][:], task=context.task)
    truth = label_indices(rows, topics.labels)
    loss = functional.cross_entropy(torch.tensor(logits), torch.tensor(truth)).item()
    assert loss == pytest.approx(figures["validation"]["loss"], abs=1e-4)
    assert loss != pytest.approx(figures["log"][-1]["loss"], abs=1e-4)  # the last were not best


@pytest.mark.parametrize("projection", [False, True])
def test_what_was_learnt_answers_as_the_weights_made_of_it(projection, make_base, topics) -> None:
    plain = load_model(make_base("electra"), topics.labels, pooling="mean")
    tokenizer = load_tokenizer(make_base("electra"))
    model = prefixed(plain, read_by_layers(plain, tokenizer, [7, 8, 9]))
    names = list(model.state_dict())
    learn_prefixes(model, projection)
    read = {"input_ids": torch.tensor([[2, 5, 6, 7, 3]])}
    with torch.no_grad():
        start = model.eval()(**read).logits
        for each in model.base_model.prefixes.encoder.parameters():
            each.add_(torch.randn_like(each) * 0.3)
        learnt = model(**read).logits
        bake(model)
        baked = model.eval()(**read).logits

    assert not torch.allclose(learnt, start, atol=1e-3)
    torch.testing.assert_close(baked, learnt)
    assert sorted(model.state_dict()) == sorted(names)


def test_prefixes_start_as_what_layers_make_of_the_names_of_labels(make_base, topics) -> None:
    base = make_base("bert")
    tokenizer, model = load_tokenizer(base), load_model(base, topics.labels, pooling="mean")
    ids = start_ids(tokenizer, ["goal", "team"], PrefixOptions(tokens=3), seed=0)
    assert tokenizer.convert_ids_to_tokens(ids) == ["goal", "team", "goal"]

    found = read_by_layers(model, tokenizer, ids)

    seen = {}
    layer = model.base_model.encoder.layer[2].attention.self
    layer.value.register_forward_hook(lambda module, inputs, output: seen.update(values=output))
    with torch.no_grad():
        model(**tokenizer("goal team goal", return_tensors="pt"))
    torch.testing.assert_close(found[2][1], seen["values"][0, 1:4])
    assert len(found) == 4


@pytest.mark.parametrize("family", ["distilbert", "deberta-v2", "modernbert"])
def test_a_model_that_takes_no_prefixes_is_refused_before_a_recipe_starts(
    family, make_base, topics, take
) -> None:
    base = make_base(family)
    with pytest.raises(ModelError, match=f"the layers of {family} models take no prefix") as caught:
        Prefix.check_base(PrefixOptions(), base)
    assert caught.value.hint == OTHERS
    with pytest.raises(ModelError, match="take no prefix"):
        take("finetune", "prefix", QUICK, base, topics)


def test_a_model_with_prefixes_gets_no_others(make_base, topics, take, context) -> None:
    options = QUICK | {"tokens": 2, "epochs": 0.1}
    checkpoint = take("finetune", "prefix", options, make_base("bert"), topics)

    with pytest.raises(ModelError, match="has prefixes already"):
        take("finetune", "prefix", options, checkpoint.path, topics)

    further = take("finetune", "full", QUICK | {"epochs": 0.1}, checkpoint.path, topics)
    assert load_model(further.path).config.prefix_tokens == 2


def test_more_tokens_than_the_model_reads_at_once_are_refused(make_base, topics, take) -> None:
    with pytest.raises(ModelError, match="tokens: 70 is more than the model reads") as caught:
        take("finetune", "prefix", QUICK | {"tokens": 70}, make_base("bert"), topics)
    assert caught.value.hint == "set tokens to 62 or less"
