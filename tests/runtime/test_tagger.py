import numpy as np
import pytest
from odd_texts import fuzzed

from edgeft.artifacts import Checkpoint
from edgeft.errors import BundleError, DataError
from edgeft.evaluation import outputs_of
from edgeft.runtime import Classifier, Entity, Tagger, load
from edgeft.tasks.token_classification import TokenClassification


@pytest.fixture(params=["bert", "roberta", "deberta-v2"])
def tagger(request, make_entity_bundle):
    with load(make_entity_bundle(request.param).path, Tagger) as model:
        yield model


@pytest.fixture
def bert(make_entity_bundle):
    with load(make_entity_bundle("bert").path, Tagger) as model:
        yield model


def test_entities_are_parts_of_the_text(bert):
    text = "maria lopez lives in new york train3"
    person, place = bert(text)
    assert (person.label, person.text, person.start, person.end) == ("person", text[:11], 0, 11)
    assert (place.label, place.text) == ("place", "new york")
    assert isinstance(person, Entity)
    assert 0.5 < person.score <= 1


def test_a_text_has_the_same_entities_alone_and_among_others(bert):
    texts = ["anna lives in paris", "why is it so?", "", "in tokyo it rained on john smith"]
    together = bert(texts)
    assert [len(each) for each in together] == [2, 0, 0, 2]
    for text, found in zip(texts, together, strict=True):
        alone = bert(text)
        assert [(e.label, e.start, e.end) for e in alone] == [
            (e.label, e.start, e.end) for e in found
        ]
        assert [e.score for e in alone] == pytest.approx([e.score for e in found], abs=1e-5)
    assert list(bert.stream(texts)) == together


def test_offsets_of_1000_odd_texts_are_those_of_the_original(tagger):
    texts = fuzzed(1000)
    found = tagger(texts)
    assert len(found) == len(texts)
    assert sum(map(len, found)) > 200
    for text, entities in zip(texts, found, strict=True):
        last = 0
        for each in entities:
            assert text[each.start : each.end] == each.text
            assert each.text.strip() == each.text != ""
            assert last <= each.start < each.end <= len(text)
            last = each.end


def test_no_entity_of_a_long_text_is_lost(bert):
    sentences = [f"nobody was there and anna lives in new york train{n} " for n in range(40)]
    text = "".join(sentences)
    assert len(bert._tokenizer.windows([text])[0]) > 10
    found = bert(text)
    cities = [each for each in found if each.text == "new york"]
    assert len(cities) == len(sentences)
    assert [each.start for each in cities] == [
        place for place in range(len(text)) if text.startswith("new york", place)
    ]


@pytest.mark.parametrize("family", ["bert", "roberta", "deberta-v2"])
def test_torch_reads_the_same_windows(family, make_entity_checkpoint, make_entity_bundle):
    checkpoint, bundle = make_entity_checkpoint(family), make_entity_bundle(family)
    texts = [text for text in fuzzed(120) if "\x00" not in text]
    texts.append("in tokyo it rained on john smith and " * 30)
    task = TokenClassification()
    one, other = (outputs_of(each, texts, task=task) for each in (checkpoint, bundle))
    assert isinstance(checkpoint, Checkpoint)
    np.testing.assert_array_equal(one.starts, other.starts)
    np.testing.assert_array_equal(one.spans, other.spans)
    np.testing.assert_allclose(one.values, other.values, atol=1e-3)


def test_a_tagger_proves_itself_and_is_no_classifier(bert):
    result = bert.selftest()
    assert result.passed
    assert result.n >= 32
    with pytest.raises(BundleError, match="is a Tagger, not a Classifier"):
        load(bert.path, Classifier)


def test_what_is_no_text_is_refused(bert):
    with pytest.raises(DataError, match="text 1 is 3"):
        bert(["a", 3])
    with pytest.raises(DataError, match="surrogate"):
        bert("\ud83d")
