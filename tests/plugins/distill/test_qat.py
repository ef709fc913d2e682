"""A student learns under the roundings that the int8 graph makes, and stays float outside them."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper

from edgeft.artifacts import Bundle, Checkpoint, Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split, write_split
from edgeft.errors import ModelError
from edgeft.evaluation.checkpoints import model_logits
from edgeft.options import Gates
from edgeft.quantization.codes import FEWEST_ROWS, coded, cut
from edgeft.quantization.gptq import MOST, MOST_OF_7_BITS, four_bits, inverse_factor
from edgeft.quantization.rows import block_of, int4_blocks, int8_rows
from edgeft.runtime import load
from edgeft.tasks.text_classification import TextClassification
from edgeft.tasks.text_classification.metrics import divergence
from edgeft.training.counting import counted
from edgeft.training.encoding import load_tokenizer
from edgeft.training.loop import save_checkpoint
from edgeft_distill.fake_quantization import Roundings, fake_quantized, passes
from edgeft_distill.four_bits import weights_in_four_bits
from edgeft_distill.qat import Qat, QatOptions
from edgeft_distill.rounding import (
    group_steps,
    rounded_activations,
    rounded_blocks,
    rounded_groups,
    rounded_rows,
)
from edgeft_onnx import Onnx, OnnxOptions
from edgeft_quantize import Dynamic, DynamicOptions
from edgeft_quantize.rounding import Rounding

STEPS = 90
"""six passes over 120 texts, 8 a step"""
VALUES = torch.randn(3, 5, 24, generator=torch.Generator().manual_seed(0))


def test_activations_are_rounded_as_onnxruntime_does() -> None:
    outputs = ["integers", "scale", "zero_point"]
    graph = helper.make_graph(
        [
            helper.make_node("DynamicQuantizeLinear", ["values"], outputs),
            helper.make_node("DequantizeLinear", outputs, ["rounded"]),
        ],
        "rounding",
        [helper.make_tensor_value_info("values", TensorProto.FLOAT, ["tokens", 24])],
        [helper.make_tensor_value_info("rounded", TensorProto.FLOAT, ["tokens", 24])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    shifted = VALUES + torch.tensor([0.0, 5.0, -5.0]).view(3, 1, 1)
    found = rounded_activations(shifted)
    for text, rounded in zip(shifted, found, strict=True):
        (wanted,) = session.run(None, {"values": text.numpy()})
        assert np.allclose(rounded.numpy(), wanted, atol=1e-6)


def test_tables_are_rounded_as_the_quantizer_does() -> None:
    table = VALUES[0].numpy()
    integers, scales = int8_rows(table)
    assert np.allclose(rounded_rows(VALUES[0], 127).numpy(), integers * scales, atol=1e-6)
    packed, scales = int4_blocks(table, block_of(24))
    halves = np.concatenate([packed & 0x0F, packed >> 4], axis=-1)
    wanted = ((halves.astype(np.float32) - 8) * scales).reshape(table.shape)
    assert np.allclose(rounded_blocks(VALUES[0]).numpy(), wanted, atol=1e-6)


@pytest.mark.parametrize("most", [MOST, MOST_OF_7_BITS])
def test_weights_in_four_bits_are_rounded_as_the_quantizer_does(most: int) -> None:
    weight = torch.randn(10, 64, generator=torch.Generator().manual_seed(0))
    weight[3], weight[4, :32] = 0, 0
    unknown = inverse_factor(np.zeros((64, 64)))  # to their nearest, one by one
    wanted = four_bits(weight.T.numpy(), unknown, most)
    steps = group_steps(weight, most)
    assert steps.shape == (10, 2, 1)
    found = rounded_groups(weight, steps).numpy()
    assert np.allclose(found.T, wanted.values * wanted.scales, atol=1e-5)


def test_gradients_pass_through_weights_in_four_bits() -> None:
    weight = torch.randn(10, 64).requires_grad_()
    rounded = rounded_groups(weight, group_steps(weight, MOST))
    assert not torch.equal(rounded, weight)
    rounded.sum().backward()
    assert torch.equal(weight.grad, torch.ones(10, 64))


@pytest.mark.parametrize(
    "rounding",
    [rounded_activations, rounded_blocks, lambda values: rounded_rows(values, 64)],
)
def test_gradients_pass_as_if_nothing_were_rounded(
    rounding: Callable[[torch.Tensor], torch.Tensor],
) -> None:
    values = VALUES.clone().requires_grad_()
    weights = torch.arange(VALUES.numel()).view(VALUES.shape).float()
    rounded = rounding(values)
    assert not torch.equal(rounded, values)
    (rounded * weights).sum().backward()
    assert torch.equal(values.grad, weights)


@pytest.mark.parametrize(
    ("rows", "steps", "expected"),
    [(96_000, 300, 0.1), (1000, 300, 300 / 32), (1000, 64, 2), (100, 300, 20), (1, 300, 20)],
)
def test_a_few_hundred_steps_are_less_than_a_pass_or_several(
    rows: int, steps: int, expected: float
) -> None:
    assert passes(QatOptions(steps=steps), rows) == pytest.approx(expected)


def test_zeros_stay_zeros() -> None:
    zeros = torch.zeros(2, 4, 8)
    for rounded in (rounded_activations(zeros), rounded_rows(zeros, 127), rounded_blocks(zeros)):
        assert torch.equal(rounded, zeros)


@pytest.mark.parametrize("embeddings", ["int8", "int4", "float32"])
def test_model_answers_as_its_int8_graph_will(
    embeddings: str,
    tiny_checkpoint: Checkpoint,
    make_tiny_export: Callable[[str], Bundle],
    tiny_dataset: Dataset,
    context: Context,
) -> None:
    lenient = context.at(context.out, gates=Gates(max_drop=1.0))
    options = DynamicOptions(embeddings=embeddings)  # and 7 bits where 8 would saturate
    quantized = Dynamic(options, lenient).run(make_tiny_export("bert"), tiny_dataset)
    texts = list(open_split(tiny_dataset, "test")["text"])
    with load(quantized.path, variant="int8") as bundle:
        integers = bundle.logits(texts, batch_size=1)
    model = TextClassification().load_model(tiny_checkpoint.path)
    tokenizer = load_tokenizer(tiny_checkpoint.path)

    def answers() -> np.ndarray:
        return model_logits(model, tokenizer, texts, tiny_checkpoint.max_length, batch_size=1)

    floats = answers()
    with fake_quantized(model, QatOptions(embeddings=embeddings)):
        rounded = answers()
    assert np.array_equal(answers(), floats)
    assert divergence(integers, rounded) < 0.2 * divergence(integers, floats)


def test_the_weights_in_four_bits_are_those_of_the_quantizer(
    tiny_checkpoint: Checkpoint,
    make_tiny_export: Callable[[str], Bundle],
    tiny_dataset: Dataset,
    context: Context,
) -> None:
    exported = make_tiny_export("bert")
    products = Rounding(
        exported.variant_file("fp32"), exported, tiny_dataset, context, texts=1
    ).products
    model = TextClassification().load_model(tiny_checkpoint.path)
    found = sorted(tuple(each.shape[::-1]) for each in weights_in_four_bits(model))
    assert found == sorted((node.rows, node.columns) for node in products)


@pytest.fixture
def brittle(tiny_checkpoint: Checkpoint, context: Context) -> Checkpoint:
    """The tiny checkpoint with the same answers, of a head whose rounding costs much of them.

    A number is added to a column of the head's weights: it moves all logits alike, and leaves
    int8 few steps for the differences between the labels.
    """
    model = TextClassification().load_model(tiny_checkpoint.path)
    with torch.no_grad():
        model.classifier.weight[:, 0] += 50
    with Checkpoint.create(context.out.with_name("brittle")) as draft:
        tokenizer = load_tokenizer(tiny_checkpoint.path)
        labels, length = tiny_checkpoint.labels, tiny_checkpoint.max_length
        save_checkpoint(draft, model, tokenizer, length, labels)
    return draft.artifact


@pytest.fixture
def wordy(tiny_checkpoint: Checkpoint, context: Context) -> Checkpoint:
    """The tiny checkpoint with the rows that codes need, most of them unlike those of its words."""
    model = TextClassification().load_model(tiny_checkpoint.path)
    known = model.get_input_embeddings().weight.detach().clone()
    table = model.resize_token_embeddings(FEWEST_ROWS[4], mean_resizing=False).weight
    with torch.no_grad():
        table.normal_(std=5 * float(known.std()), generator=torch.Generator().manual_seed(0))
        table[: len(known)] = known
    with Checkpoint.create(context.out.with_name("wordy")) as draft:
        tokenizer = load_tokenizer(tiny_checkpoint.path)
        labels, length = tiny_checkpoint.labels, tiny_checkpoint.max_length
        save_checkpoint(draft, model, tokenizer, length, labels)
    return draft.artifact


def answers(
    checkpoint: Checkpoint, texts: list[str], rounded: QatOptions | None = None
) -> np.ndarray:
    """What a checkpoint says of texts, in float or as it will be rounded."""
    model = TextClassification().load_model(checkpoint.path)
    tokenizer = load_tokenizer(checkpoint.path)
    with fake_quantized(model, rounded) if rounded else nullcontext():
        return model_logits(model, tokenizer, texts, checkpoint.max_length, batch_size=1)


def table_of(checkpoint: Checkpoint) -> np.ndarray:
    model = TextClassification().load_model(checkpoint.path)
    found: np.ndarray = model.get_input_embeddings().weight.detach().numpy()
    return found


def test_model_learns_around_a_table_in_codes(
    wordy: Checkpoint, tiny_dataset: Dataset, context: Context
) -> None:
    options = QatOptions(steps=STEPS, learning_rate=1e-3, batch_size=8, embeddings="pq")
    student = Qat(options, context).run(wordy, tiny_dataset)
    table = table_of(student)
    counts = counts_in(tiny_dataset, wordy, context)
    assert np.array_equal(table, coded(table_of(wordy), counts))
    assert np.array_equal(table, coded(table, counts))
    texts = list(open_split(tiny_dataset, "test")["text"])
    wanted = answers(wordy, texts)
    before = divergence(wanted, answers(wordy, texts, options))
    after = divergence(wanted, answers(student, texts, options))
    assert after < 0.7 * before


def test_codes_that_were_learnt_ship_whatever_texts_the_quantizer_is_given(
    wordy: Checkpoint, tiny_dataset: Dataset, context: Context
) -> None:
    options = QatOptions(steps=1, embeddings="pq")
    student = Qat(options, context).run(wordy, tiny_dataset)
    texts = list(open_split(tiny_dataset, "test")["text"])
    with Dataset.create(context.out.with_name("others")) as draft:
        draft.manifest.labels = tiny_dataset.labels
        for split in ("train", "validation", "test"):
            rows = open_split(tiny_dataset, split).select(range(20))
            draft.manifest.rows[split] = write_split(draft.path, split, rows.to_list())
    others = draft.artifact
    lenient = context.at(context.out.with_name("graph"), gates=Gates(max_drop=1.0))
    exported = Onnx(OnnxOptions(strategies=["trace"]), lenient).run(student, tiny_dataset)
    asked = DynamicOptions(embeddings="pq", exclude=["*layer.*", "*pooler*", "classifier"])
    quantizer = Dynamic(asked, lenient.at(lenient.out.with_name("bundle")))
    shipped = quantizer.run(exported, others)
    with load(shipped.path, variant="int8") as bundle:
        answered = bundle.logits(texts, batch_size=1)
    table = table_of(student)
    _, often = cut(table)
    assert len(often) > 0
    assert np.array_equal(cut(table_of(wordy), counts_in(tiny_dataset, wordy, context))[1], often)
    assert not np.array_equal(cut(table_of(wordy), counts_in(others, wordy, context))[1], often)
    held = {each.name: each for each in onnx.load(shipped.variant_file("int8")).graph.initializer}
    (name,) = [each for each in held if each.endswith("_often_quantized")]
    assert list(held[name].dims) == [len(often), table.shape[1]]
    position_error = np.abs(answered - answers(student, texts)).max()
    assert position_error < 0.05  # what int8 positions cost


def counts_in(data: Dataset, checkpoint: Checkpoint, context: Context) -> np.ndarray:
    return counted(load_tokenizer(checkpoint.path), data, context)


def test_a_table_that_is_too_small_for_codes_is_rounded_in_four_bits(
    tiny_checkpoint: Checkpoint,
) -> None:
    model = TextClassification().load_model(tiny_checkpoint.path)
    words = model.get_input_embeddings().weight
    before = words.detach().clone()
    ids = torch.arange(4)[None]
    with fake_quantized(model, QatOptions(embeddings="pq")):
        found = model.get_input_embeddings()
        with Roundings(model, narrow=False, options=QatOptions(embeddings="pq")):
            rounded = found(ids)
    assert torch.equal(words, before)
    assert torch.equal(rounded, rounded_blocks(words[ids]))


@pytest.mark.parametrize("products", ["int8", "int4"])
def test_student_loses_less_by_rounding_than_before(
    products: str, brittle: Checkpoint, tiny_dataset: Dataset, context: Context
) -> None:
    options = QatOptions(
        steps=STEPS, learning_rate=3e-3, batch_size=8, reduce_range=False, products=products
    )
    student = Qat(options, context).run(brittle, tiny_dataset)
    assert student.manifest.history[-1].figures["log"][-1]["step"] == STEPS
    assert student.max_length == brittle.max_length
    texts = list(open_split(tiny_dataset, "test")["text"])
    wanted = answers(brittle, texts)
    before = divergence(wanted, answers(brittle, texts, options))
    after = divergence(wanted, answers(student, texts, options))
    assert before > 0.01
    assert after < 0.5 * before
    if products == "int4":
        in_eight = options.model_copy(update={"products": "int8"})
        other = Qat(in_eight, context.at(context.out.with_name("other"))).run(brittle, tiny_dataset)
        assert after < divergence(wanted, answers(other, texts, options))

    def in_int8(checkpoint: Checkpoint, name: str) -> np.ndarray:
        """What the int8 graph of a checkpoint answers."""
        lenient = context.at(context.out.with_name(name), gates=Gates(max_drop=1.0))
        exported = Onnx(OnnxOptions(strategies=["trace"], rewrites=[]), lenient).run(
            checkpoint, tiny_dataset
        )
        unreduced = lenient.at(context.out.with_name(f"{name}-int8"))
        asked = DynamicOptions(profile="x86-vnni", weights=products)
        quantized = Dynamic(asked, unreduced).run(exported, tiny_dataset)
        with load(quantized.path, variant="int8") as bundle:
            return bundle.logits(texts, batch_size=1)

    shipped_before = divergence(wanted, in_int8(brittle, "before"))
    assert divergence(wanted, in_int8(student, "after")) < 0.5 * shipped_before


def test_bundle_has_no_weights_to_train(
    tiny_bundle: Bundle, tiny_dataset: Dataset, context: Context, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="is a bundle: it has no weights to train") as caught:
        Qat(QatOptions(), context).run(tiny_bundle, tiny_dataset)
    assert caught.value.hint == "name the checkpoint that it was exported from"
    assert list(tmp_path.iterdir()) == []
