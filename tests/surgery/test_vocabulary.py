"""Smaller vocabularies: what stays encodes as before, whatever the kind of tokenizer."""

import json
import random

import numpy as np
import pytest
import torch
from random_models import model_of
from tiny_models import train_tokenizer
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import AutoConfig, AutoModelForMaskedLM, PreTrainedTokenizerFast

from edgeft.errors import ModelError
from edgeft.surgery.pieces import Pieces
from edgeft.surgery.vocabulary import (
    tokens_to_keep,
    with_fewer_tokens,
    with_positions,
    with_token_rows,
)

KINDS = {"WordPiece": "bert", "BPE": "roberta", "Unigram": "deberta-v2"}
READ = [
    "where is my new card? it was sent last week",
    "the machine kept my card and my notes",
    "I lost my pin again, please help with a transfer abroad",
]
UNREAD = [
    "how long does a withdrawal from the cash machine take in London",
    "contactless is off; why was the fee for the transfer so high?!",
    "plastic coins 4711, naïve ways — and nobody answers 東京 🙂",
]
WORDS = sorted({word for text in [*READ, *UNREAD] for word in text.split()})


@pytest.fixture(params=KINDS)
def tokenizer(request):
    """A tokenizer of each kind, which knows the words of all texts."""
    found = train_tokenizer(KINDS[request.param], [*READ, *UNREAD])
    found.backend_tokenizer.no_truncation()
    found.backend_tokenizer.no_padding()
    return found


def counts_of(tokenizer, texts) -> np.ndarray:
    ids = [each for text in texts for each in tokenizer(text)["input_ids"]]
    return np.bincount(ids, minlength=len(tokenizer))


def cut(tokenizer, texts=READ, **options):
    kept = tokens_to_keep(tokenizer, counts_of(tokenizer, texts), **{"reserve": 0, **options})
    return with_fewer_tokens(tokenizer, kept), kept


def tokens(tokenizer, text: str) -> list[str]:
    return tokenizer.convert_ids_to_tokens(tokenizer(text)["input_ids"])


def unknowns(tokenizer, text: str) -> int:
    return tokenizer(text)["input_ids"].count(tokenizer.unk_token_id)


def test_texts_that_were_counted_encode_to_the_same_tokens(tokenizer):
    small, kept = cut(tokenizer)
    assert len(small) == len(kept) < len(tokenizer)
    for text in READ:
        assert tokens(small, text) == tokens(tokenizer, text)
        assert kept[small(text)["input_ids"]].tolist() == tokenizer(text)["input_ids"]


def test_texts_of_kept_tokens_encode_to_the_same_tokens_in_any_order(tokenizer):
    """Wherever the whole vocabulary leads to kept tokens alone, the small one leads there too."""
    small, kept = cut(tokenizer, reserve=20)
    chooser, compared = random.Random(0), 0
    for _ in range(300):
        text = " ".join(chooser.choices(WORDS, k=4))
        if set(tokenizer(text)["input_ids"]) <= set(kept.tolist()):
            compared += 1
            assert tokens(small, text) == tokens(tokenizer, text)
    assert compared > 10


def test_no_text_has_more_unknowns_than_before(tokenizer):
    small, _ = cut(tokenizer, texts=[])
    chooser = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyzABC 0189?!,;—ï東🙂"
    for text in [*READ, *UNREAD, *("".join(chooser.choices(letters, k=30)) for _ in range(200))]:
        assert unknowns(small, text) <= unknowns(tokenizer, text)


def test_every_token_that_merges_lead_to_stays_reachable():
    whole = train_tokenizer("roberta", [*READ, *UNREAD])
    small, _ = cut(whole)
    before, after = whole.backend_tokenizer.model, small.backend_tokenizer.model
    reachable = [
        token
        for token in small.get_vocab()
        if [each.value for each in before.tokenize(token)] == [token]
    ]
    assert len(reachable) > 256
    for token in reachable:
        assert [each.value for each in after.tokenize(token)] == [token]


def test_reserve_keeps_the_most_common_tokens_that_no_text_has(tokenizer):
    _, without = cut(tokenizer)
    _, kept = cut(tokenizer, reserve=15)
    common = Pieces.of(tokenizer.backend_tokenizer).common(tokenizer.backend_tokenizer)[:15]
    assert set(common) <= set(kept.tolist())
    assert set(without.tolist()) < set(kept.tolist())


def test_size_drops_the_rarest_tokens_first(tokenizer):
    counts = counts_of(tokenizer, READ)
    floor = tokens_to_keep(tokenizer, counts * 0, reserve=0)
    all_of_them = tokens_to_keep(tokenizer, counts, reserve=0)
    kept = tokens_to_keep(tokenizer, counts, reserve=0, size=len(floor) + 6)
    assert set(floor.tolist()) < set(kept.tolist()) < set(all_of_them.tolist())
    assert len(kept) <= len(floor) + 6
    chosen = set(kept.tolist()) - set(floor.tolist())
    dropped = set(all_of_them.tolist()) - set(kept.tolist())
    assert max(counts[list(chosen)]) == max(counts[list(chosen | dropped)])
    with pytest.raises(ModelError, match="size: 5 tokens are fewer than the") as caught:
        tokens_to_keep(tokenizer, counts, reserve=0, size=5)
    assert caught.value.hint == f"take {len(floor)} or more, or `characters: seen`"


def test_only_characters_of_the_alphabet_stay():
    whole = train_tokenizer("bert", [*READ, "naïve"])
    every, _ = cut(whole)
    few, _ = cut(whole, alphabet=set("abcdefghijklmnopqrstuvwxyz0123456789?!,;"))
    assert {"é", "##é"} & set(every.get_vocab()) == {"é", "##é"} & set(whole.get_vocab())
    assert {letter for letter in few.get_vocab() if len(letter) == 1} == set(
        "abcdefghijklmnopqrstuvwxyz0123456789?,"
    )


def test_bytes_stay_whatever_the_alphabet():
    whole = train_tokenizer("roberta", READ)
    small, _ = cut(whole, alphabet=set("abc"))
    assert set(pre_tokenizers.ByteLevel.alphabet()) <= set(small.get_vocab())
    assert small.decode(small("東京 🙂")["input_ids"], skip_special_tokens=True) == "東京 🙂"


def fast(model, **parts) -> PreTrainedTokenizerFast:
    """A tokenizer around a hand-made model."""
    backend = Tokenizer(model)
    for name, part in parts.items():
        setattr(backend, name, part)
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token="<pad>", unk_token="<unk>", cls_token="<s>"
    )


def test_byte_fallback_and_the_least_likely_unigram_stay():
    bytes_ = [(f"<0x{number:02X}>", -20.0) for number in range(256)]
    pieces = [("<pad>", 0.0), ("<unk>", 0.0), ("<s>", 0.0), *bytes_, ("▁", -3.0), ("a", -4.0)]
    pieces += [("▁ab", -2.0), ("b", -5.0), ("ab", -2.5), ("zz", -30.0)]
    whole = fast(
        models.Unigram(pieces, unk_id=1, byte_fallback=True),
        pre_tokenizer=pre_tokenizers.Metaspace(),
    )
    small, _ = cut(whole, ["b a"])
    gone = set(whole.get_vocab()) - set(small.get_vocab())
    assert gone == {"▁ab", "ab"}
    assert tokens(small, "ab é") == ["▁", "a", "b", "▁", "<0xC3>", "<0xA9>"]


def test_parts_of_merges_with_marks_of_words_are_kept():
    """CLIP marks a word's end, and older files write a merge as one text."""
    vocabulary = [
        "<unk>",
        "<pad>",
        "<s>",
        "l",
        "o",
        "w",
        "w</w>",
        "o</w>",
        "l</w>",
        "lo",
        "low</w>",
    ]
    vocabulary += ["ow</w>", "lol"]
    merges = [("l", "o"), ("o", "w</w>"), ("lo", "w</w>"), ("lo", "l")]
    whole = fast(
        models.BPE(
            {token: place for place, token in enumerate(vocabulary)},
            merges,
            unk_token="<unk>",
            end_of_word_suffix="</w>",
        ),
        pre_tokenizer=pre_tokenizers.Whitespace(),
    )
    small, _ = cut(whole, ["low"])
    assert set(whole.get_vocab()) - set(small.get_vocab()) == {"ow</w>", "lol"}
    assert json.loads(small.backend_tokenizer.to_str())["model"]["merges"] == [
        ["l", "o"],
        ["lo", "w</w>"],
    ]
    assert tokens(small, "low lol") == ["low</w>", "lo", "l</w>"]


def test_tokens_with_a_character_that_has_no_token_of_its_own_stay():
    names = ["<unk>", "<pad>", "<s>", "a", "b", "##a", "##b", "ab", "x##b", "##xy", "xa", "##ya"]
    names = [*dict.fromkeys(names)]
    whole = fast(
        models.WordPiece({token: place for place, token in enumerate(names)}, unk_token="<unk>"),
        normalizer=normalizers.BertNormalizer(),
        pre_tokenizer=pre_tokenizers.WhitespaceSplit(),
        decoder=decoders.WordPiece(),
    )
    small, _ = cut(whole, [])
    assert "ab" not in small.get_vocab()
    assert {"##xy", "xa", "##ya"} <= set(small.get_vocab())
    assert tokens(small, "axyb xab") == ["a", "##xy", "##b", "xa", "##b"]


@pytest.mark.parametrize("kind", ["BertProcessing", "RobertaProcessing", "Sequence"])
def test_special_tokens_that_frame_a_text_get_their_new_ids(kind):
    whole = train_tokenizer("bert", [*READ, *UNREAD])
    whole.add_special_tokens({"sep_token": "<end>", "cls_token": "<start>"})
    ends = [(token, whole.get_vocab()[token]) for token in ("<end>", "<start>")]
    framing = {
        "BertProcessing": processors.BertProcessing(*ends),
        "RobertaProcessing": processors.RobertaProcessing(*ends),
        "Sequence": processors.Sequence([processors.BertProcessing(*ends)]),
    }
    whole.backend_tokenizer.post_processor = framing[kind]
    whole.backend_tokenizer.no_truncation()
    whole.backend_tokenizer.no_padding()
    small, _ = cut(whole)
    assert tokens(small, READ[0])[0] == "<start>"
    assert tokens(small, READ[0])[-1] == "<end>"
    assert tokens(small, READ[0]) == tokens(whole, READ[0])


def test_added_tokens_stay_though_no_text_has_them(tokenizer):
    tokenizer.add_tokens(["🧾", "<user>"])
    counts = counts_of(tokenizer, READ)
    least = len(tokens_to_keep(tokenizer, counts * 0, reserve=0))
    for size in (None, least):
        small, _ = cut(tokenizer, size=size)
        assert "🧾" in tokens(small, "my 🧾 from <user>")
        assert "<user>" in tokens(small, "my 🧾 from <user>")
        assert unknowns(small, "my 🧾") == unknowns(tokenizer, "my 🧾")


def test_a_tokenizer_of_whole_words_is_refused():
    words = fast(models.WordLevel({"<unk>": 0, "<pad>": 1, "<s>": 2, "card": 3}, unk_token="<unk>"))
    with pytest.raises(ModelError, match="kind WordLevel cannot lose tokens"):
        tokens_to_keep(words, np.ones(4, dtype=int), reserve=0)


def test_output_embeddings_are_cut_with_the_input_embeddings():
    torch.manual_seed(0)
    config = AutoConfig.for_model(
        "bert", vocab_size=40, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, pad_token_id=0,
    )  # fmt: skip
    whole = AutoModelForMaskedLM.from_config(config).eval()
    torch.nn.init.normal_(whole.cls.predictions.bias)
    kept = np.asarray([0, 3, 5, 8, 13, 21, 34])
    small = with_token_rows(whole, kept).eval()
    new = torch.tensor([[1, 4, 6, 2]])
    expected = whole(torch.from_numpy(kept)[new]).logits[..., kept]
    torch.testing.assert_close(small(new).logits, expected)
    assert small.get_output_embeddings().weight is small.get_input_embeddings().weight
    assert small.config.vocab_size == 7


def test_special_ids_of_the_configuration_follow():
    whole = model_of(
        "roberta", pad_token_id=1, eos_token_id=[2, 50], bos_token_id=7, cls_token_id=3
    )
    small = with_token_rows(whole, np.asarray([0, 1, 2, 7, 50]))
    ids = {key: getattr(small.config, f"{key}_token_id") for key in ("pad", "eos", "bos", "cls")}
    assert ids == {"pad": 1, "eos": [2, 4], "bos": 3, "cls": None}


def test_more_tokens_than_rows_are_refused():
    with pytest.raises(ModelError, match="no embedding for every token"):
        with_token_rows(model_of("bert"), np.arange(101))


@pytest.mark.parametrize(("architecture", "rows"), [("bert", 16), ("electra", 16), ("roberta", 18)])
def test_positions_are_cut_to_what_texts_need(architecture, rows):
    pad = 1 if architecture == "roberta" else 0
    whole = model_of(architecture, pad_token_id=pad).eval()
    small = with_positions(whole, 16).eval()
    assert small.config.max_position_embeddings == rows
    ids = torch.randint(5, 90, (2, 16), generator=torch.Generator().manual_seed(0))
    ids[1, 10:] = pad
    mask = (ids != pad).long()
    assert torch.equal(small(ids, mask).logits, whole(ids, mask).logits)


@pytest.mark.parametrize("architecture", ["deberta-v2", "modernbert"])
def test_relative_positions_are_left_alone(architecture):
    whole = model_of(architecture)
    assert with_positions(whole, 16) is whole


def test_positions_that_are_few_already_are_left_alone():
    whole = model_of("bert")
    assert with_positions(whole, 10_000) is whole
