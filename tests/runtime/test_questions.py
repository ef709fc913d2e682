import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from edgeft.errors import BundleError
from edgeft.runtime.questions import frame_of, windows_of

LETTERS = "abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def tokenizer():
    """A letter a token: its place in the alphabet, after [CLS], [SEP] and what is unknown."""
    words = {"[CLS]": 0, "[SEP]": 1, "[UNK]": 2} | {each: 3 + n for n, each in enumerate(LETTERS)}
    made = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 0), ("[SEP]", 1)],
    )
    return made


def read(tokenizer, question, text, max_length):
    one, other = tokenizer.encode_batch([question, text], add_special_tokens=False)
    return windows_of(one, other, text, frame_of(tokenizer), max_length)


def test_a_short_text_is_one_window_as_the_tokenizer_frames_it(tokenizer):
    (window,) = read(tokenizer, "x y", "a b c", 16)
    whole = tokenizer.encode("x y", "a b c")
    assert (window.ids, window.types) == (whole.ids, whole.type_ids)
    assert window.places == [0, 4, 5, 6]
    assert window.spans == [(0, 0), (0, 1), (2, 3), (4, 5)]


def test_every_window_of_a_long_text_has_the_question_and_none_is_too_long(tokenizer):
    text = " ".join(LETTERS)
    windows = read(tokenizer, "x y", text, 16)
    assert [len(each.ids) for each in windows] == [16, 16, 16, 10]
    head = [0, *tokenizer.encode("x y", add_special_tokens=False).ids, 1]
    assert all(each.ids[:4] == head and each.ids[-1] == 1 for each in windows)
    read_letters = [[text[slice(*span)] for span in each.spans[1:]] for each in windows]
    assert ["".join(each) for each in read_letters] == [
        "abcdefghijk", "hijklmnopqr", "opqrstuvwxy", "vwxyz",
    ]  # fmt: skip
    for window, letters in zip(windows, read_letters, strict=True):
        for place, letter in zip(window.places[1:], letters, strict=True):
            assert window.ids[place] == tokenizer.token_to_id(letter)


def test_a_question_takes_no_more_than_half(tokenizer):
    windows = read(tokenizer, " ".join(LETTERS), " ".join(LETTERS), 13)
    assert all(each.ids[:7] == [0, 3, 4, 5, 6, 7, 1] for each in windows)
    assert all(len(each.ids) <= 13 for each in windows)
    assert {span for each in windows for span in each.spans[1:]} == {
        (2 * n, 2 * n + 1) for n in range(26)
    }


@pytest.mark.parametrize("max_length", range(4, 12))
def test_short_windows_lose_nothing(tokenizer, max_length):
    windows = read(tokenizer, "x y z", " ".join(LETTERS), max_length)
    assert all(len(each.ids) <= max_length for each in windows)
    assert len({span for each in windows for span in each.spans[1:]}) == 26


@pytest.mark.parametrize("texts", [("", ""), ("x", ""), ("", "a"), ("x", " \t ")])
def test_empty_texts_make_a_window(tokenizer, texts):
    (window,) = read(tokenizer, *texts, 16)
    assert window.ids[0] == 0
    assert len(window.places) == 1 + len(texts[1].split())


def test_a_tokenizer_that_does_not_tell_two_texts_apart_is_refused():
    with pytest.raises(BundleError, match="does not tell a question and its text apart"):
        frame_of(Tokenizer(models.BPE()))
