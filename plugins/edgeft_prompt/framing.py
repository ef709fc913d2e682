"""A tokenizer that puts further tokens around every text, so that nothing else has to know.

What is special about a prompt lives in the tokenizer file, in the part that frames a text with
[CLS] and [SEP]: its tokens are never cut off, and every runtime that reads the file adds them.
"""

from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer, processors
from transformers import PreTrainedTokenizerFast

from edgeft.plugin import ModelError
from edgeft.training.encoding import load_tokenizer

ROOM = 8
"""tokens of a text that a frame has to leave room for"""
NAMES = ("bos", "eos", "unk", "sep", "pad", "cls", "mask")


@dataclass(frozen=True)
class Frame:
    """The ids around every text."""

    before: list[int]
    after: list[int]

    @property
    def size(self) -> int:
        """How many they are."""
        return len(self.before) + len(self.after)


def frame_of(tokenizer: PreTrainedTokenizerFast) -> Frame:
    """The ids that a tokenizer puts around every text, such as [CLS] and [SEP].

    Raises ModelError where it does not put the same around all.
    """
    backend = unlimited(tokenizer)
    framed = backend.encode("a")
    own = [place for place, part in enumerate(framed.sequence_ids) if part is not None]
    empty = backend.encode("").ids
    frame = Frame(framed.ids[: own[0]], framed.ids[own[-1] + 1 :]) if own else Frame([], [])
    if not own or [*frame.before, *frame.after] != empty:
        raise ModelError(
            "the tokenizer does not put the same tokens around every text",
            hint="take a model whose tokenizer frames texts, as BERT's does with [CLS] and [SEP]",
        )
    return frame


def framed(
    tokenizer: PreTrainedTokenizerFast, lead: list[int], tail: list[int], backend: Tokenizer
) -> PreTrainedTokenizerFast:
    """A tokenizer that puts `lead` before every text and `tail` after it, within its own frame.

    `backend` is the one to frame with: the tokenizer's own, or one with further tokens.
    """
    frame = frame_of(tokenizer)
    groups = {"before": frame.before, "lead": lead, "tail": tail, "after": frame.after}
    entries = [
        {"id": f"[{name}]", "ids": ids, "tokens": [str(backend.id_to_token(each)) for each in ids]}
        for name, ids in groups.items()
        if ids
    ]
    names = [name for name, ids in groups.items() if ids]
    first = [name for name in ("before", "lead") if name in names]
    last = [name for name in ("tail", "after") if name in names]
    single = [*(f"[{name}]:0" for name in first), "$A:0", *(f"[{name}]:0" for name in last)]
    closing = ["[after]:1"] if frame.after else []
    backend.post_processor = processors.TemplateProcessing(
        single=" ".join(single),
        pair=" ".join([*single, "$B:1", *closing]),
        special_tokens=entries,
    )
    special = {
        f"{name}_token": getattr(tokenizer, f"{name}_token")
        for name in NAMES
        if getattr(tokenizer, f"{name}_token", None) is not None
    }
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        model_max_length=tokenizer.model_max_length,
        padding_side=tokenizer.padding_side,
        truncation_side=tokenizer.truncation_side,
        **special,
    )


def unlimited(tokenizer: PreTrainedTokenizerFast) -> Tokenizer:
    """A copy of what tokenizes, without the truncation and padding of its file."""
    backend = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    backend.no_truncation()
    backend.no_padding()
    return backend


def check_room(frame: Frame, limit: int) -> None:
    """Raise ModelError where a frame leaves too little room for texts of `limit` tokens in all."""
    if limit - frame.size < ROOM:
        raise ModelError(
            f"{frame.size} of {limit} tokens are around each text: less than {ROOM} are left for"
            " it",
            hint="raise max_length, or take a shorter prompt",
        )


def check_frame(folder: Path, tokenizer: PreTrainedTokenizerFast) -> None:
    """Raise ModelError unless what was written into `folder` frames texts as `tokenizer` does."""
    if frame_of(load_tokenizer(folder)) != frame_of(tokenizer):
        raise ModelError(
            "the tokenizer loses its prompt where it is written",
            hint="report it, with the model's name",
        )
