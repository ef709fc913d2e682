"""The texts to label next: unsure ones, no two alike."""

import numpy as np

from edgeft.suggesting import suggest

LABELS = ["card", "cash", "transfer"]


def logits(*margins: float) -> np.ndarray:
    """Logits whose first label leads the second by a margin each; the third never counts."""
    return np.array([[margin, 0.0, -20.0] for margin in margins])


def test_the_least_certain_come_first_with_both_labels_in_question() -> None:
    texts = ["my card is lost", "cash from a machine", "a transfer abroad", "something else"]
    found = suggest(texts, logits(3.0, 0.1, 1.0, 5.0), LABELS, 2)
    assert [each.text for each in found] == ["cash from a machine", "a transfer abroad"]
    assert (found[0].label, found[0].second) == ("card", "cash")
    assert found[0].place == 1
    # p = 1 / (1 + exp(-0.1)) and 1 - p: their difference is tanh(0.05)
    np.testing.assert_allclose(found[0].uncertainty, 1 - np.tanh(0.05), atol=1e-6)


def test_of_texts_that_are_nearly_the_same_one_is_suggested() -> None:
    texts = ["Where is my card?", "where is my card", "no cash came out of it"]
    found = suggest(texts, logits(0.2, 0.1, 1.0), LABELS, 3)
    assert [each.text for each in found] == ["where is my card", "no cash came out of it"]


def test_what_has_a_label_already_is_not_suggested() -> None:
    texts = ["Where is my card?", "no cash came out of it"]
    found = suggest(texts, logits(0.1, 2.0), LABELS, 2, known=["where is my card"])
    assert [each.text for each in found] == ["no cash came out of it"]


def test_suggestions_are_about_different_things() -> None:
    topics = {"parrot": "the parrot sang number", "engine": "an engine broke at mile"}
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    texts = [f"{start} {word}" for start in topics.values() for word in words]
    # every parrot is a little less certain than any engine: by certainty alone all were parrots
    found = suggest(texts, logits(*[0.10] * 10, *[0.12] * 10), LABELS, 2)
    assert {word for each in found for word in topics if word in each.text} == set(topics)
