"""The callable: answers, order, types of input, threads, closing."""

import logging
import math
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from tokenizers import Tokenizer

from edgeft.artifacts import Bundle
from edgeft.errors import BundleError, DataError, EdgeftError
from edgeft.runtime import Answer, Classifier, load
from edgeft.runtime.batching import batches, windows
from edgeft.runtime.threads import available_threads

WORDS = ["where", "is", "my", "card", "cash", "transfer", "abroad", "please", "machine"]


@pytest.fixture(scope="module")
def model(runtime_bundle: Bundle) -> Iterator[Classifier]:
    with load(runtime_bundle.path, variant="fp32", threads=1) as loaded:
        yield loaded


def mixed_texts(n: int) -> list[str]:
    """Texts of very different lengths in random order."""
    chooser = random.Random(0)
    return [" ".join(chooser.choices(WORDS, k=chooser.randint(1, 40))) for _ in range(n)]


def test_a_text_has_an_answer(model: Classifier) -> None:
    answer = model("where is my card?")
    assert isinstance(answer, Answer)
    assert answer.label in model.labels
    assert 1 / len(model.labels) <= answer.probability <= 1


def test_answers_are_the_softmax_of_the_logits(model: Classifier) -> None:
    [logits] = model.logits(["where is my card?"])
    powers = [math.exp(each) for each in logits]
    wanted = sorted(
        ((power / sum(powers), label) for power, label in zip(powers, model.labels, strict=True)),
        reverse=True,
    )
    ranked = model("where is my card?", top_k=3)
    assert [each.label for each in ranked] == [label for _, label in wanted]
    assert [each.probability for each in ranked] == pytest.approx([p for p, _ in wanted], abs=1e-6)
    best = model("where is my card?")
    assert best.label == ranked[0].label
    assert best.probability == pytest.approx(ranked[0].probability, abs=1e-6)


def test_probabilities_sum_to_one_and_fall(model: Classifier) -> None:
    for ranked in model(mixed_texts(20), top_k=3):
        chances = [each.probability for each in ranked]
        assert sum(chances) == pytest.approx(1, abs=1e-5)
        assert chances == sorted(chances, reverse=True)


def test_more_labels_than_there_are_give_all(model: Classifier) -> None:
    assert len(model("card", top_k=99)) == 3


def test_answers_come_in_the_order_of_the_texts(model: Classifier) -> None:
    texts = mixed_texts(100)
    assert [each.label for each in model(texts)] == [model(text).label for text in texts]


@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_a_row_in_a_batch_is_the_row_alone(model: Classifier, batch_size: int) -> None:
    texts = mixed_texts(50)
    alone = np.concatenate([model.logits([text]) for text in texts])
    together = model.logits(texts, batch_size=batch_size)
    assert together.dtype == np.float32
    assert together.shape == (50, 3)
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_it_answers_as_a_bare_tokenizer_and_session_do(
    runtime_bundle: Bundle, model: Classifier
) -> None:
    session = onnxruntime.InferenceSession(runtime_bundle.variant_file("fp32"))
    tokenizer = Tokenizer.from_file(str(runtime_bundle.path / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(model.max_length)
    for text in mixed_texts(20):
        encoded = tokenizer.encode(text)
        feed = {
            "input_ids": np.array([encoded.ids]),
            "attention_mask": np.array([encoded.attention_mask]),
            "token_type_ids": np.array([encoded.type_ids]),
        }
        np.testing.assert_allclose(model.logits([text]), session.run(None, feed)[0], atol=1e-5)


def test_no_texts_have_no_answers(model: Classifier) -> None:
    assert model([]) == []
    assert model([], top_k=2) == []
    assert model.logits([]).shape == (0, 3)
    assert list(model.stream([])) == []


@pytest.mark.parametrize(
    "text", ["", " ", "\n\t ", "?", "🙂", "\x00", "a" * 5000, "a b " * 250_000]
)
def test_every_string_has_an_answer(model: Classifier, text: str) -> None:
    [logits] = model.logits([text])
    assert np.isfinite(logits).all()
    assert model(text).label == model([text])[0].label


def test_what_is_not_text_is_refused_and_named(model: Classifier) -> None:
    with pytest.raises(DataError, match="text 1 is nan, of type float, not a string"):
        model(["fine", float("nan")])  # type: ignore[list-item]
    for value in (3, None, b"bytes", {"text": "where is my card?"}):
        with pytest.raises(DataError, match="is no text and no list of them"):
            model(value)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("options", "says"),
    [({"top_k": 0}, "top_k is 0"), ({"batch_size": 0}, "batch_size is 0")],
)
def test_impossible_options_are_refused(
    model: Classifier, options: dict[str, int], says: str
) -> None:
    with pytest.raises(EdgeftError, match=says):
        model(["card"], **options)  # type: ignore[call-overload]


def test_tuples_generators_and_arrays_of_strings_are_texts(model: Classifier) -> None:
    wanted = model(["card", "cash"])
    assert model(("card", "cash")) == wanted
    assert model(np.array(["card", "cash"])) == wanted  # type: ignore[call-overload]
    assert list(model.stream(each for each in ("card", "cash"))) == wanted


def test_a_stream_answers_an_endless_iterable_in_order(
    model: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edgeft.runtime.model.windows", partial(windows, most=16))
    texts = (WORDS[n % len(WORDS)] for n in count())
    found = [each.label for each in islice(model.stream(texts), 30)]
    assert found == [model(WORDS[n % len(WORDS)]).label for n in range(30)]


def test_many_threads_get_their_own_answers(model: Classifier) -> None:
    texts = mixed_texts(200)
    wanted = model.logits(texts)
    with ThreadPoolExecutor(8) as pool:
        found = np.concatenate(list(pool.map(lambda text: model.logits([text]), texts)))
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_batches_computed_at_once_answer_as_one_after_the_other(
    runtime_bundle: Bundle, model: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edgeft.runtime.loading.available_threads", lambda: 3)
    texts = mixed_texts(100)
    with load(runtime_bundle.path, variant="fp32") as at_once:
        assert at_once.threads == 3
        np.testing.assert_allclose(at_once.logits(texts), model.logits(texts), atol=1e-5)
        np.testing.assert_allclose(at_once.logits(texts[:2]), model.logits(texts[:2]), atol=1e-5)
        assert at_once([]) == []
        with pytest.raises(DataError, match="text 7 is 7"):
            at_once([*texts[:7], 7])  # type: ignore[list-item]
    with pytest.raises(EdgeftError, match="is closed"):
        at_once(texts)


def test_several_batches_are_computed_at_once_only_by_default(runtime_bundle: Bundle) -> None:
    with load(runtime_bundle.path) as default, load(runtime_bundle.path, threads=2) as two:
        options = [each._session.get_session_options() for each in (default, two)]
        assert [each.intra_op_num_threads for each in options] == [1, 2]
        assert default.threads == available_threads()
        assert two._workers is None


def test_it_says_what_it_is(runtime_bundle: Bundle) -> None:
    with load(runtime_bundle.path, threads=2) as model:
        assert (model.variant, model.threads, model.max_length) == ("int8", 2, 16)
        assert model.labels == ["cash", "card", "transfer"]
        assert model.provider == "CPUExecutionProvider"
        assert model.manifest.task == "text-classification"


def test_loading_says_in_the_log_what_it_loaded(
    runtime_bundle: Bundle, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), load(runtime_bundle.path, threads=1):
        assert "variant int8, CPUExecutionProvider, 1 threads" in caplog.text


def test_an_unknown_variant_is_refused(runtime_bundle: Bundle) -> None:
    with pytest.raises(BundleError) as caught:
        load(runtime_bundle.path, variant="int4")
    assert caught.value.message == "the bundle has no variant 'int4'"
    assert caught.value.hint == "it has: fp32, int8"


def test_a_closed_classifier_refuses_to_answer(runtime_bundle: Bundle) -> None:
    with load(runtime_bundle.path, threads=1) as model:
        model("card")
    with pytest.raises(EdgeftError, match="is closed"):
        model("card")
    model.close()


def test_a_model_that_is_closed_during_a_call_says_so(
    runtime_bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edgeft.runtime.loading.available_threads", lambda: 2)
    model = load(runtime_bundle.path)

    def closing(*given: Any) -> Any:
        """Split into batches, and close the model as another thread could just then."""
        model.close()
        return batches(*given)

    monkeypatch.setattr("edgeft.runtime.model.batches", closing)
    with pytest.raises(EdgeftError, match="is closed"):
        model(mixed_texts(10))


@pytest.mark.parametrize("threads", [0, -1])
def test_fewer_threads_than_one_are_refused(runtime_bundle: Bundle, threads: int) -> None:
    with pytest.raises(EdgeftError, match=f"{threads} threads cannot compute"):
        load(runtime_bundle.path, threads=threads)


def test_labels_that_do_not_fit_the_graph_are_refused(
    own_bundle: Path, edit: Callable[..., None]
) -> None:
    edit(own_bundle, labels=["only", "two"])
    with pytest.raises(BundleError, match="the graph answers 3 labels, edgeft"):
        load(own_bundle)


def test_an_output_that_the_graph_lacks_is_refused(
    own_bundle: Path, edit: Callable[..., None]
) -> None:
    edit(own_bundle, decoding={"output": "scores"})
    with pytest.raises(BundleError, match="the graph has no output 'scores'"):
        load(own_bundle)


def test_the_file_of_an_unused_variant_may_be_gone_if_unverified(own_bundle: Path) -> None:
    (own_bundle / "onnx/model.onnx").unlink()
    with load(own_bundle, verify=False, threads=1) as model:
        assert model("card").label in model.labels
