"""Tokenizers put prompts around every text, whatever their own frame was made by."""

from pathlib import Path

import pytest
from tiny_models import train_tokenizer
from tokenizers import processors

from edgeft.errors import ModelError
from edgeft.runtime.words import Words, words_of
from edgeft.training.encoding import load_tokenizer
from edgeft_prompt.framing import Frame, check_room, frame_of, framed, unlimited

TEXTS = ["the goal today", "a team", "team a goal"] * 4


def processor_of(kind: str, tokenizer):
    cls, sep = ((each, tokenizer.convert_tokens_to_ids(each)) for each in ("[CLS]", "[SEP]"))
    if kind == "bert":
        return processors.BertProcessing(sep, cls)
    if kind == "roberta":
        return processors.RobertaProcessing(sep, cls, add_prefix_space=False)
    if kind == "sequence":
        byte_level = processors.ByteLevel(trim_offsets=True)
        return processors.Sequence([byte_level, processors.BertProcessing(sep, cls)])
    return tokenizer.backend_tokenizer.post_processor


@pytest.mark.parametrize("kind", ["template", "bert", "roberta", "sequence"])
def test_every_kind_of_frame_takes_a_prompt_in(kind: str, tmp_path: Path) -> None:
    tokenizer = train_tokenizer("bert", TEXTS)
    tokenizer.backend_tokenizer.post_processor = processor_of(kind, tokenizer)
    lead, tail = tokenizer("team a", add_special_tokens=False)["input_ids"], [4]

    made = framed(tokenizer, lead, tail, unlimited(tokenizer))
    made.save_pretrained(tmp_path)

    expected = ["[CLS]", "team", "a", "the", "goal", "[MASK]", "[SEP]"]
    for each in (made, load_tokenizer(tmp_path)):
        assert each("the goal").tokens() == expected
        assert each("the goal today today", truncation=True, max_length=7).tokens() == expected
        assert each.mask_token == "[MASK]"
        assert each.padding_side == tokenizer.padding_side


def test_a_frame_whose_last_word_is_the_text_is_told_apart() -> None:
    tokenizer = train_tokenizer("bert", TEXTS)
    lead = tokenizer("a", add_special_tokens=False)["input_ids"]

    made = framed(tokenizer, lead, lead, unlimited(tokenizer))

    assert frame_of(made) == Frame([2, *lead], [*lead, 3])
    words = words_of(Words, made.backend_tokenizer, 16)
    assert words is not None
    assert words.encode("the goal") == made("the goal")["input_ids"]


def test_a_frame_that_leaves_no_room_is_refused() -> None:
    check_room(Frame([1] * 10, [2]), 19)
    with pytest.raises(ModelError, match="11 of 18 tokens are around each text"):
        check_room(Frame([1] * 10, [2]), 18)


def test_a_tokenizer_that_frames_nothing_takes_a_prompt_too() -> None:
    tokenizer = train_tokenizer("bert", TEXTS)
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing("$A", "$A $B", [])

    made = framed(tokenizer, [4], [], unlimited(tokenizer))

    assert made("the goal").tokens() == ["[MASK]", "the", "goal"]
