"""Tiny random encoders of six families, each with a small real tokenizer of its own kind."""

import math
import string
from collections import Counter
from pathlib import Path
from typing import Any

import torch
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import AutoConfig, AutoModel, PreTrainedTokenizerFast

LAYERS = 4
HIDDEN = 32
POSITIONS = 64
VOCABULARY = 300

BERT_LIKE = {
    "hidden_size": HIDDEN,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 2,
    "intermediate_size": 2 * HIDDEN,
    "max_position_embeddings": POSITIONS,
    "initializer_range": 0.05,
}
SIZES: dict[str, dict[str, Any]] = {
    "bert": BERT_LIKE,
    "distilbert": {
        "dim": HIDDEN,
        "n_layers": LAYERS,
        "n_heads": 2,
        "hidden_dim": 2 * HIDDEN,
        "max_position_embeddings": POSITIONS,
        "initializer_range": 0.05,
    },
    "roberta": BERT_LIKE | {"max_position_embeddings": POSITIONS + 2, "type_vocab_size": 1},
    "electra": BERT_LIKE | {"embedding_size": 24},
    "deberta-v2": BERT_LIKE
    | {
        "relative_attention": True,
        "pos_att_type": ["p2c", "c2p"],
        "position_biased_input": False,
        "position_buckets": 8,
        "share_att_key": True,
        "norm_rel_ebd": "layer_norm",
        "type_vocab_size": 0,
        "pooler_hidden_size": HIDDEN,
    },
    "modernbert": BERT_LIKE
    | {
        "initializer_cutoff_factor": 2.0,
        "global_attn_every_n_layers": 3,
        "local_attention": 16,
    },
}


def save_base(family: str, out: Path, texts: list[str], **sizes: Any) -> None:
    """Write a random pretrained model of a family, without a head, and its tokenizer."""
    tokenizer = train_tokenizer(family, texts)
    torch.manual_seed(0)
    config = AutoConfig.for_model(
        family,
        vocab_size=len(tokenizer),
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.cls_token_id,
        cls_token_id=tokenizer.cls_token_id,
        eos_token_id=tokenizer.sep_token_id,
        sep_token_id=tokenizer.sep_token_id,
        **SIZES[family] | sizes,
    )
    AutoModel.from_config(config).save_pretrained(out)
    tokenizer.save_pretrained(out)


def train_tokenizer(family: str, texts: list[str]) -> PreTrainedTokenizerFast:
    """A tokenizer of the kind that the family uses, trained on `texts`."""
    if family == "roberta":
        return byte_level(texts, cls="<s>", sep="</s>", pad="<pad>", unk="<unk>", mask="<mask>")
    if family == "modernbert":
        return byte_level(texts, cls="[CLS]", sep="[SEP]", pad="[PAD]", unk="[UNK]", mask="[MASK]")
    if family == "deberta-v2":
        return unigram(texts)
    return word_piece(texts)


def word_piece(texts: list[str]) -> PreTrainedTokenizerFast:
    """BERT's: lower case, punctuation apart, pieces of words.

    Its vocabulary is counted, not trained: the trainer of `tokenizers` breaks ties at random, and
    models that read other ids in every process learn something else in every process.
    """
    special = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
    normalizer = normalizers.BertNormalizer(lowercase=True)
    words = counted(normalizer, pre_tokenizers.BertPreTokenizer(), texts)
    letters = sorted(set(string.ascii_lowercase + string.digits).union(*words))
    heads = [word[:5] for word in words]
    tails = [f"##{word[5:]}" for word in words if len(word) > 5]
    pieces = [*special.values(), *letters, *(f"##{letter}" for letter in letters), *heads, *tails]
    ids = {piece: index for index, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]"))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return finished(tokenizer, special)


def byte_level(texts: list[str], **special: str) -> PreTrainedTokenizerFast:
    """GPT-2's byte pairs, as RoBERTa and ModernBERT use them."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY + 256,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=[special[name] for name in ("cls", "pad", "sep", "unk", "mask")],
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return finished(tokenizer, special)


def unigram(texts: list[str]) -> PreTrainedTokenizerFast:
    """SentencePiece's unigrams, as DeBERTa-v2 uses them; counted, as those of `word_piece`."""
    special = {"pad": "[PAD]", "cls": "[CLS]", "sep": "[SEP]", "unk": "[UNK]", "mask": "[MASK]"}
    normalizer, splitter = normalizers.NFKC(), pre_tokenizers.Metaspace()
    words = counted(normalizer, splitter, texts)
    letters = sorted(set(string.ascii_letters + string.digits).union(*words) - set(words))
    pieces = [(piece, 0.0) for piece in special.values()]
    pieces += [(word, math.log(count / len(texts))) for word, count in words.items()]
    pieces += [(letter, -12.0) for letter in letters]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=list(special).index("unk")))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = splitter
    tokenizer.decoder = decoders.Metaspace()
    return finished(tokenizer, special)


def counted(normalizer: Any, splitter: Any, texts: list[str]) -> dict[str, int]:
    """How often each word of the texts stands in them, the most frequent first."""
    words = Counter(
        word
        for text in texts
        for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(text))
    )
    return dict(sorted(words.items(), key=lambda each: (-each[1], each[0]))[:VOCABULARY])


def finished(tokenizer: Tokenizer, special: dict[str, str]) -> PreTrainedTokenizerFast:
    """Let a tokenizer frame each text, and bake a truncation in, as all-MiniLM's does."""
    cls, sep = special["cls"], special["sep"]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{cls} $A {sep}",
        pair=f"{cls} $A {sep} $B:1 {sep}:1",
        special_tokens=[(each, tokenizer.token_to_id(each)) for each in (cls, sep)],
    )
    tokenizer.enable_truncation(12)
    tokenizer.enable_padding(length=12, pad_id=tokenizer.token_to_id(special["pad"]))
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=POSITIONS,
        **{f"{name}_token": token for name, token in special.items()},
    )
