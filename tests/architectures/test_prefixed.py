"""Encoders whose layers read trained keys and values: the same answers wherever they are read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PrefixTuningConfig, get_peft_model
from transformers import CONFIG_MAPPING, AutoModel, PreTrainedModel

from edgeft.architectures import TAKING, known_config, pooled, trained_pooling
from edgeft.architectures.prefixed import Pair, Prefixes, prefixed
from edgeft.errors import ModelError
from edgeft.surgery.attentions import attentions
from edgeft.surgery.layers import with_layers
from edgeft.surgery.width import with_width
from edgeft.tasks.text_classification.head import load_model
from edgeft.training.encoders import load_encoder

TOKENS = 3
LAYERS = 4
HIDDEN = 32
LABELS = ["no", "yes"]
IDS = torch.tensor([[2, 5, 6, 7, 3], [2, 8, 3, 1, 1]])
MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
FAMILIES = ["bert", "roberta", "electra"]


def random_prefix(layers: int = LAYERS, seed: int = 0) -> list[Pair]:
    random = torch.Generator().manual_seed(seed)
    keys, values = torch.randn(2, layers, TOKENS, HIDDEN, generator=random)
    return list(zip(keys, values, strict=True))


def of_base(base: Path, pooling: str = "mean") -> PreTrainedModel:
    """A classifier over the encoder in a directory, with a random prefix."""
    return prefixed(load_model(base, LABELS, pooling=pooling), random_prefix()).eval()


def of_kind(kind: str) -> tuple[PreTrainedModel, PreTrainedModel]:
    """A random classifier over a kind of encoder, without a prefix and with one."""
    config, model = pooled.classes(CONFIG_MAPPING[kind])
    torch.manual_seed(0)
    plain = model(
        config(
            vocab_size=100,
            hidden_size=HIDDEN,
            embedding_size=HIDDEN,
            num_hidden_layers=LAYERS,
            num_attention_heads=2,
            intermediate_size=48,
            max_position_embeddings=24,
            type_vocab_size=2,
            initializer_range=0.3,
            pad_token_id=1,
        )
    )
    return plain.eval(), prefixed(plain, random_prefix()).eval()


def answers(model: PreTrainedModel, ids: torch.Tensor = IDS, mask: Any = MASK) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = model(ids, attention_mask=mask).logits
    return found


@pytest.mark.parametrize("kind", TAKING)
def test_every_layer_of_every_kind_reads_its_prefix_and_no_padding(kind: str) -> None:
    plain, model = of_kind(kind)

    found = answers(model)

    assert not torch.allclose(found, answers(plain), atol=1e-3)
    assert torch.allclose(found[1:], answers(model, IDS[1:, :3], MASK[1:, :3]), atol=1e-5)
    assert not torch.allclose(found, answers(model, mask=None), atol=1e-3)
    encoder: Any = model.base_model
    for keys, values in encoder.prefixes.pairs():
        for weight in (keys, values):
            before = weight.detach().clone()
            weight.data.neg_()
            assert not torch.allclose(answers(model), found, atol=1e-4)
            weight.data.copy_(before)


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # by peft
@pytest.mark.parametrize("family", FAMILIES)
def test_peft_computes_the_same_from_the_same_prefix(
    family: str, make_tiny_base: Callable[[str], Path]
) -> None:
    base = make_tiny_base(family)
    pad = AutoModel.from_pretrained(base).config.pad_token_id
    ids = IDS.where(MASK.bool(), pad)
    first = pad + 1 if family == "roberta" else 0
    places = torch.arange(first, first + 5) - TOKENS  # to which peft adds the length of the prefix
    config = PrefixTuningConfig(
        task_type="FEATURE_EXTRACTION",
        num_virtual_tokens=TOKENS,
        num_layers=LAYERS,
        num_attention_heads=2,
        token_dim=HIDDEN,
        num_transformer_submodules=1,
    )
    peft: Any = get_peft_model(AutoModel.from_pretrained(base), config).eval()
    table = torch.stack([torch.stack(pair) for pair in random_prefix()])  # (layers, 2, tokens, any)
    learnt = peft.prompt_encoder["default"].embedding.weight
    learnt.data.copy_(table.permute(2, 0, 1, 3).reshape(TOKENS, -1))

    with torch.no_grad():
        found = of_base(base).base_model(ids, attention_mask=MASK).last_hidden_state
        expected = peft(ids, attention_mask=MASK, position_ids=places[None]).last_hidden_state
    torch.testing.assert_close(found[MASK.bool()], expected[MASK.bool()])


def test_a_text_may_be_as_long_as_without_a_prefix(tiny_base: Path) -> None:
    model = of_base(tiny_base)

    longest = torch.full((1, model.config.max_position_embeddings), 5)

    assert torch.isfinite(answers(model, longest, torch.ones_like(longest))).all()


def test_a_saved_model_is_found_by_any_process(
    tiny_base: Path,
    tmp_path: Path,
    logits_elsewhere: Callable[[Path, torch.Tensor], torch.Tensor],
) -> None:
    model = of_base(tiny_base)
    model.save_pretrained(tmp_path)

    assert logits_elsewhere(tmp_path, IDS).allclose(answers(model, mask=None), atol=1e-6)
    assert trained_pooling(tmp_path) == "mean"
    assert known_config(tmp_path)["model_type"] == "bert"
    assert load_model(tmp_path, pooling="first").config.pooling == "first"
    with pytest.raises(ModelError, match="has prefixes, which another pretraining would lose"):
        load_encoder(tmp_path)


def test_a_new_model_has_prefixes_that_are_not_all_the_same(tiny_base: Path) -> None:
    model = of_base(tiny_base)
    encoder: Any = type(model)(model.config).base_model

    deviations = [weight.std().item() for pair in encoder.prefixes.pairs() for weight in pair]

    assert deviations == pytest.approx([model.config.initializer_range] * 2 * LAYERS, rel=0.4)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_prefix_of_a_layer_goes_where_the_layer_goes(
    family: str, make_tiny_base: Callable[[str], Path]
) -> None:
    base = make_tiny_base(family)
    short, _ = with_layers(load_model(base, LABELS, pooling="mean"), [0, 2])
    pairs = random_prefix()
    model = of_base(base)
    short.classifier = model.classifier

    student, _ = with_layers(model, [0, 2])

    by_hand = prefixed(short, [pairs[0], pairs[2]]).eval()
    torch.testing.assert_close(answers(student.eval()), answers(by_hand))


def test_the_heads_of_a_prefix_that_stay_are_those_of_its_layer(tiny_base: Path) -> None:
    model = of_base(tiny_base)
    second_head = [torch.tensor([0.0, 1.0])] * LAYERS

    small = with_width(model, 16, (torch.arange(HIDDEN) % 2 == 0).float(), second_head)

    encoder: Any = small.base_model
    for pair, kept in zip(random_prefix(), encoder.prefixes.pairs(), strict=True):
        for whole, weight in zip(pair, kept, strict=True):
            assert torch.equal(weight, whole[:, 16:])
    assert torch.isfinite(answers(small.eval())).all()


def test_what_cuts_attentions_knows_their_prefixes(tiny_base: Path) -> None:
    assert attentions(of_base(tiny_base))[1].prefix == (
        "bert.prefixes.1.keys",
        "bert.prefixes.1.values",
    )
    assert attentions(load_model(tiny_base, LABELS))[1].prefix == ()


def test_what_is_computed_on_the_way_is_of_the_text_alone(tiny_base: Path) -> None:
    model = of_base(tiny_base)
    model.set_attn_implementation("eager")

    found = model(IDS, attention_mask=MASK, output_hidden_states=True, output_attentions=True)

    assert [each.shape for each in found.hidden_states] == [(2, 5, HIDDEN)] * (LAYERS + 1)
    assert [each.shape for each in found.attentions] == [(2, 2, 5, 5)] * LAYERS
    for each in found.attentions:
        torch.testing.assert_close(each.sum(dim=-1), torch.ones(2, 2, 5))
        assert (each[1, :, :, 3:] == 0).all()


def test_prefixes_are_one_for_each_layer(tiny_base: Path) -> None:
    encoder: Any = of_base(tiny_base).base_model

    assert isinstance(encoder.prefixes, Prefixes)
    assert [tuple(keys.shape) for keys, _ in encoder.prefixes.pairs()] == [(TOKENS, HIDDEN)] * 4
