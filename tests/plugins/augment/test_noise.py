"""Each change touches the share of words that it is asked to, and nothing else."""

import numpy as np
import pytest

from edgeft_augment.noise import delete, masking, splice, swap

WORDS = [f"w{n}" for n in range(20)]


def random(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize(("rate", "left"), [(0.1, 18), (0.01, 19), (1.0, 1)])
def test_delete_leaves_the_other_words_in_order(rate: float, left: int) -> None:
    found = delete(WORDS, rate, random())
    assert len(found) == left
    assert [word for word in WORDS if word in found] == found


def test_mask_replaces_words_in_place() -> None:
    found = masking("<mask>")(WORDS, 0.25, random())
    assert found.count("<mask>") == 5
    assert all(new in (old, "<mask>") for old, new in zip(WORDS, found, strict=True))


def test_swap_keeps_every_word() -> None:
    found = swap(WORDS, 0.1, random())
    assert sorted(found) == sorted(WORDS)
    assert found != WORDS
    assert all(abs(WORDS.index(word) - place) <= 2 for place, word in enumerate(found))


@pytest.mark.parametrize(("rate", "taken"), [(0.01, 1), (0.5, 10), (1.0, 19)])
def test_splice_puts_one_span_in_the_place_of_another(rate: float, taken: int) -> None:
    other = [f"other{n}" for n in range(30)]
    found = splice(WORDS, other, rate, random())
    assert len(found) == len(WORDS)
    start = next(place for place, word in enumerate(found) if word in other)
    first = other.index(found[start])
    assert found[start : start + taken] == other[first : first + taken]
    assert found[:start] == WORDS[:start]
    assert found[start + taken :] == WORDS[start + taken :]


def test_splice_takes_no_more_than_the_other_has() -> None:
    assert splice(WORDS, ["one", "two"], 0.5, random()).count("one") == 1
    assert splice(WORDS, [], 0.5, random()) == WORDS
    assert splice(["only"], ["other"], 0.5, random()) == ["only"]


@pytest.mark.parametrize("noise", [delete, swap])
def test_text_of_one_word_comes_back(noise: object) -> None:
    assert noise(["only"], 0.5, random()) == ["only"]
    assert noise([], 0.5, random()) == []


def test_given_words_are_not_changed() -> None:
    words = list(WORDS)
    for noise in (delete, swap, masking("[MASK]")):
        noise(words, 0.5, random())
    assert words == WORDS


def test_same_seed_gives_the_same_words() -> None:
    for noise in (delete, swap, masking("[MASK]")):
        assert noise(WORDS, 0.3, random(1)) == noise(WORDS, 0.3, random(1))
        assert noise(WORDS, 0.3, random(1)) != noise(WORDS, 0.3, random(2))
