"""Examples that a head keeps, and whether it should."""

import numpy as np
import pytest
import torch
from scipy.special import logsumexp

from edgeft.architectures.remembering import Remembering
from edgeft.probing.heads import Examples
from edgeft.probing.nearness import SHARPNESS, Kept, kept, unit


def examples_of(vectors: np.ndarray, targets: list[int], labels: int, **further) -> Examples:
    return Examples(vectors.astype(np.float32), np.array(targets), labels, **further)


def density(found: Kept, vectors: np.ndarray) -> np.ndarray:
    """The logarithm of the density of each label's examples at vectors: (rows, labels)."""
    near = np.einsum("rh,lph->rlp", unit(vectors), found.vectors)
    return logsumexp(SHARPNESS * near + found.shares, axis=-1)


def test_a_label_is_as_near_as_its_examples_on_average() -> None:
    found = kept(examples_of(np.array([[1, 0], [0, 2], [0, -3]]), [0, 0, 1], 2), 8)
    (logits,) = density(found, np.array([[5.0, 0.0]]))
    assert logits == pytest.approx([np.log((np.exp(SHARPNESS) + 1) / 2), 0.0], abs=1e-5)


def test_names_count_as_examples_and_weights_as_shares() -> None:
    vectors, names = np.eye(3)[[0, 1, 2]], np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    weights = np.array([3.0, 0.0, 1.0])
    found = kept(examples_of(vectors, [0, 0, 1], 2, names=names, weights=weights), 8)
    assert found.vectors.shape == (2, 2, 3)
    assert found.vectors[0] == pytest.approx(unit(np.array([names[0], vectors[0]])))
    assert np.exp(found.shares[0]) == pytest.approx([0.25, 0.75])


def test_of_a_label_with_very_many_texts_some_are_kept() -> None:
    found = kept(examples_of(np.ones((100, 2)), [0] * 99 + [1], 2), 8)
    assert found.vectors.shape == (2, 8, 2)
    assert np.exp(found.shares).sum(axis=1) == pytest.approx([1, 1])


def test_a_head_in_torch_says_the_mean_of_the_map_and_of_the_examples() -> None:
    random = np.random.default_rng(0)
    of = examples_of(random.normal(size=(9, 4)), [0, 0, 0, 0, 1, 1, 1, 2, 2], 4)
    found = kept(of, 8)  # the last label has none
    head = Remembering(4, 4, found.shares.shape[1], SHARPNESS)
    head.load_state_dict(
        head.state_dict()
        | {"examples": torch.from_numpy(found.vectors), "shares": torch.from_numpy(found.shares)}
    )
    vectors = random.normal(size=(5, 4)).astype(np.float32)
    with torch.no_grad():
        linear = torch.nn.functional.linear(torch.from_numpy(vectors), head.weight, head.bias)
        logits = head(torch.from_numpy(vectors)).numpy()
    assert logits == pytest.approx((linear.numpy() + density(found, vectors)) / 2, rel=1e-4)
    assert set(logits.argmax(axis=1)) <= {0, 1, 2}
