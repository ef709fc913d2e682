"""Tiny random models that write: translators and causal ones, each with a tokenizer of its kind."""

import json
import warnings
from pathlib import Path

import sentencepiece
import torch
from tiny_models import byte_level, unigram
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    MarianTokenizer,
    NllbTokenizer,
    PreTrainedTokenizerBase,
)

SIZES = {
    "t5": {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4},
    "marian": {"d_model": 32, "max_position_embeddings": 128},
    "m2m_100": {"d_model": 32, "max_position_embeddings": 128},
}
CAUSAL: dict[str, dict[str, int]] = {
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 256},
    "llama": {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "max_position_embeddings": 256,
    },
}
CHAT = "{% for said in messages %}<s>{{ said.role }}: {{ said.content }}</s>{% endfor %}<s>"
ENDING = [4, 4.0]
"""from the fourth token on the end grows likelier: random models would hardly come to one"""
LAYERS = {
    "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64,
}  # fmt: skip


def save_translator(family: str, out: Path, texts: list[str], *, seed: int = 0) -> Path:
    """Write a translator that translates into nonsense, the same for every seed."""
    out.mkdir(parents=True)
    tokenizer = {"t5": of_t5, "marian": of_marian, "m2m_100": of_nllb}[family](out, texts)
    tokenizer.save_pretrained(out)
    torch.manual_seed(seed)
    config = AutoConfig.for_model(
        family,
        vocab_size=len(tokenizer),
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=family == "t5",
        **SIZES[family],
        **({} if family == "t5" else LAYERS),
    )
    model = AutoModelForSeq2SeqLM.from_config(config)
    for parameter in model.parameters():
        parameter.data += 0.3 * torch.randn_like(parameter)  # otherwise it repeats one token
    if family != "t5":
        silent = [each for each in tokenizer.all_special_ids if each != tokenizer.eos_token_id]
        model.get_output_embeddings().weight.data[silent] = 0  # otherwise they are all it says
    model.generation_config.exponential_decay_length_penalty = ENDING
    model.save_pretrained(out)
    return out


def of_t5(out: Path, texts: list[str]) -> PreTrainedTokenizerBase:
    tokenizer = unigram(texts)
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.eos_token = "[SEP]"
    return tokenizer


def of_marian(out: Path, texts: list[str]) -> PreTrainedTokenizerBase:
    prefix = out / "trained"
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_prefix=str(prefix),
        vocab_size=90,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    trained = prefix.with_suffix(".model")
    processor = sentencepiece.SentencePieceProcessor(model_file=str(trained))
    pieces = [processor.id_to_piece(each) for each in range(processor.get_piece_size())]
    words = ["</s>", "<unk>", *(piece for piece in pieces if not piece.startswith("<")), "<pad>"]
    (out / "vocab.json").write_text(json.dumps({word: place for place, word in enumerate(words)}))
    for name in ("source.spm", "target.spm"):
        (out / name).write_bytes(trained.read_bytes())
    for file in out.glob("trained.*"):
        file.unlink()
    files = [str(out / name) for name in ("source.spm", "target.spm", "vocab.json")]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Recommended: pip install sacremoses")
        return MarianTokenizer(*files)


def of_nllb(out: Path, texts: list[str]) -> PreTrainedTokenizerBase:
    letters = sorted(set("".join(texts).replace(" ", "▁")) | {"▁"})
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    vocabulary = {piece: place for place, piece in enumerate([*special, *letters])}
    return NllbTokenizer(vocab=vocabulary, merges=[])


def save_causal(family: str, out: Path, texts: list[str], *, chats: bool = True) -> Path:
    """Write a causal model that writes nonsense, with or without a chat template."""
    tokenizer = byte_level(texts, cls="<s>", sep="</s>", pad="<pad>", unk="<unk>", mask="<mask>")
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    tokenizer.eos_token = "</s>"
    if chats:
        tokenizer.chat_template = CHAT
    torch.manual_seed(0)
    config = AutoConfig.for_model(
        family,
        vocab_size=len(tokenizer),
        bos_token_id=tokenizer.cls_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **CAUSAL[family],
    )
    model = AutoModelForCausalLM.from_config(config)
    for parameter in model.parameters():
        parameter.data += 0.2 * torch.randn_like(parameter)
    model.generation_config.exponential_decay_length_penalty = ENDING
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    return out
