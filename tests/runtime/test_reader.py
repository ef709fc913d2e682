import numpy as np
import pytest
from odd_texts import fuzzed

from edgeft.errors import BundleError, DataError
from edgeft.evaluation import outputs_of
from edgeft.runtime import Excerpt, Reader, Tagger, load
from edgeft.tasks.question_answering import QuestionAnswering

CONTEXT = "anna eats rice, lives in new york, test3"
ASKED = [
    ("where does anna live?", CONTEXT),
    ("what does john eat?", "john eats green soup, was born in 1984, test5"),
    ("when was chen born?", "chen lives in rome, eats cake, test7"),
]


@pytest.fixture(params=["bert", "roberta", "deberta-v2"])
def reader(request, make_question_bundle):
    with load(make_question_bundle(request.param).path, Reader) as model:
        yield model


@pytest.fixture
def bert(make_question_bundle):
    with load(make_question_bundle("bert").path, Reader) as model:
        yield model


def odd_pairs(n):
    """Questions and texts of odd parts, some of them empty or long."""
    texts = fuzzed(2 * n)
    texts[:4] = ["", "", "where?", "anna lives in rome " * 60]
    return [
        *zip(texts[:n], texts[n:][::-1], strict=True),
        ("", ""),
        ("where does anna live? " * 60, CONTEXT),
        ("where does anna live? " * 60, CONTEXT * 30),
    ]


def test_an_answer_is_a_part_of_the_text(bert):
    found = bert("where does anna live?", CONTEXT)
    assert isinstance(found, Excerpt)
    assert (found.answer, found.start, found.end) == ("new york", 25, 33)
    assert 0.5 < found.score <= 1
    assert found
    assert bert(("where does anna live?", CONTEXT)) == found


def test_what_the_text_does_not_tell_is_not_answered(bert):
    found = bert("when was anna born?", CONTEXT)
    assert (found.answer, found.start, found.end) == ("", 0, 0)
    assert 0.5 < found.score <= 1
    assert not found


def test_a_question_has_the_same_answer_alone_and_among_others(bert):
    pairs = [*ASKED, ("", ""), ("where does maria live?", "maria lives in paris. " * 30)]
    together = bert(pairs)
    assert list(bert.stream(pairs)) == together
    for pair, found in zip(pairs, together, strict=True):
        alone = bert(pair)
        assert (alone.answer, alone.start, alone.end) == (found.answer, found.start, found.end)
        assert alone.score == pytest.approx(found.score, abs=1e-5)


def test_answers_in_500_odd_texts_are_parts_of_the_original(reader):
    pairs = odd_pairs(500)
    found = reader(pairs)
    assert len(found) == len(pairs)
    assert sum(map(bool, found)) > 20
    for (_, text), each in zip(pairs, found, strict=True):
        assert text[each.start : each.end] == each.answer == each.answer.strip()
        assert 0 <= each.score <= 1 + 1e-9


@pytest.mark.parametrize("family", ["bert", "roberta", "deberta-v2"])
def test_torch_reads_the_same_windows(family, make_question_checkpoint, make_question_bundle):
    checkpoint, bundle = make_question_checkpoint(family), make_question_bundle(family)
    pairs = odd_pairs(100)
    one, other = (
        outputs_of(each, pairs, task=QuestionAnswering()) for each in (checkpoint, bundle)
    )
    np.testing.assert_array_equal(one.starts, other.starts)
    np.testing.assert_array_equal(one.spans, other.spans)
    np.testing.assert_allclose(one.values, other.values, atol=1e-3)


def test_a_reader_proves_itself_and_is_no_tagger(bert):
    result = bert.selftest()
    assert result.passed
    assert result.n >= 32
    with pytest.raises(BundleError, match="is a Reader, not a Tagger"):
        load(bert.path, Tagger)


def test_what_is_no_question_with_a_text_is_refused(bert):
    with pytest.raises(DataError, match="is no pair of texts"):
        bert("where?")
    with pytest.raises(DataError, match="reads two texts together"):
        bert([("a", "b"), "c"])
    with pytest.raises(DataError, match="text 1 is 3"):
        bert("a", 3)
    with pytest.raises(DataError, match="surrogate"):
        bert("a", "\ud83d")
