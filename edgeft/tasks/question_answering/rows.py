"""What sources hold of an answer, as spans of its context, and what a model is scored against.

In a dataset an answer is a JSON list of [start, end], in characters of the context: empty where
the context has no answer. Of several that count as right the first is what a model learns.
"""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from edgeft.errors import DataError
from edgeft.runtime.characters import bare
from edgeft.runtime.units import LETTER
from edgeft.tasks.spans import is_place

Span = tuple[int, int]
POSITIONS = ("answer_start", "start")
"""keys of an answer's first character"""
SHOWN = 60
"""characters of a context that are shown where an answer should stand"""
HINT = (
    'write the answer as it stands in the context, or {"text": ..., "answer_start": ...}; leave it'
    " empty where the context has no answer"
)


class Truth(NamedTuple):
    """What is true of a question."""

    context: str
    spans: tuple[Span, ...]
    """all answers that count as right; none where the context has no answer"""


def written(spans: Iterable[Span]) -> str:
    """The spans as a dataset stores them, each once, in their order."""
    return json.dumps([list(each) for each in dict.fromkeys(spans)])


def read(answer: str) -> list[Span]:
    """The spans that `written` wrote."""
    return [(start, end) for start, end in json.loads(answer)]


def spans_of(value: Any, context: Any) -> list[Span]:
    """The spans that a source gives as answers in a context.

    An answer is its text, which has to stand in the context, with its first character or without;
    or a list of such, or lists of both, as `datasets` has them; or all that SQuAD's form says of a
    question. Raises DataError for what is none, and for an answer that does not stand in the
    context, or not there.
    """
    context = context if isinstance(context, str) else ""
    if isinstance(value, dict) and "answers" in value:
        try:
            return spans_of(answers_of(value), context)
        except DataError as error:
            name = value.get("id")
            where = "" if name is None else f"question {name!r:.60}: "
            raise DataError(f"{where}{error.message}", hint=error.hint) from error
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        found = parsed(value)
        value = value if found and value.strip() in context else found
    if isinstance(value, float) and np.isnan(value):
        return []  # how pandas writes an empty cell
    if value is None or (isinstance(value, str) and not value.strip()):
        return []
    return [span_of(text, start, context) for text, start in answers_in(value)]


def is_of_positions(value: Any) -> bool:
    """Whether a cell holds answers with their first characters, as `datasets` has SQuAD's."""
    return isinstance(value, dict) and "text" in value and any(key in value for key in POSITIONS)


def answers_of(question: dict[str, Any]) -> Any:
    """The answers of a question in SQuAD's form; raises DataError where it contradicts itself."""
    answers, impossible = question["answers"], question.get("is_impossible")
    if impossible is not None and bool(impossible) == bool(answers):
        said = "no answer, and has one" if impossible else "an answer, and has none"
        raise DataError(
            f"it is said to have {said}", hint="correct `is_impossible`, or the list of answers"
        )
    return answers


def parsed(value: str) -> Any:
    """What a cell holds: JSON, or else a text that only looks like it."""
    try:
        return json.loads(value)
    except ValueError:
        return value


def answers_in(value: Any) -> list[tuple[Any, Any]]:
    """The texts of answers, each with its first character, or None where that is not said."""
    if isinstance(value, str):
        return [(value, None)]
    if isinstance(value, dict) and "text" in value:
        start = next((value[key] for key in POSITIONS if key in value), None)
        if not isinstance(value["text"], list | tuple):
            return [(value["text"], start)]
        starts = [None] * len(value["text"]) if start is None else start
        if isinstance(starts, list | tuple) and len(starts) == len(value["text"]):
            return list(zip(value["text"], starts, strict=True))
        raise DataError(
            f"its texts and first characters are not as many: {value!r:.80}",
            hint="write a number in `answer_start` for each of `text`",
        )
    if isinstance(value, list | tuple):
        return [answer for each in value if each is not None for answer in answers_in(each)]
    raise DataError(f"the answer is {value!r:.80}", hint=HINT)


def span_of(text: Any, start: Any, context: str) -> Span:
    """Where an answer stands in its context, without what is not seen around it.

    Without `start` it is where the text stands first, as words of its own where it does so at all.
    Raises DataError where it does not stand there.
    """
    if not isinstance(text, str) or not (start is None or is_place(start)):
        raise DataError(f"the answer is {text!r:.60} at {start!r:.20}", hint=HINT)
    first, last = bare(text, 0, len(text))
    answer = text[first:last]
    if not answer:
        raise DataError("the answer holds no text", hint=HINT)
    if start is None:
        found = place_of(answer, context)
        if found < 0:
            raise DataError(
                f"the answer {answer!r:.60} does not stand in its context, {context!r:.60}",
                hint="write it as it stands there, letter by letter",
            )
        return found, found + len(answer)
    begin = start + first
    if start < 0 or context[begin : begin + len(answer)] != answer:
        stands = context.find(answer)
        where = "it does not stand in its context" if stands < 0 else f"it stands at {stands}"
        raise DataError(
            f"the answer {answer!r:.60} is not what stands at {start} of its context:"
            f" {context[max(0, start) : max(0, start) + SHOWN]!r}",
            hint=f"{where}; count characters, not bytes, from 0",
        )
    return begin, begin + len(answer)


def place_of(answer: str, context: str) -> int:
    """Where an answer stands first, as words of its own where it does; -1 where it does not.

    So the "5" of "in 1995 he had 5 dogs" is that of the dogs. What stands beside characters of a
    script without spaces stands by itself.
    """
    before = f"(?<!{LETTER})" if answer[0].isalnum() else ""
    after = f"(?!{LETTER})" if answer[-1].isalnum() else ""
    apart = re.search(f"{before}{re.escape(answer)}{after}", context)
    return apart.start() if apart else context.find(answer)


def check(answers: Sequence[str]) -> None:
    """Raise DataError where no question has an answer."""
    if not any(map(read, answers)):
        raise DataError(
            "no question has an answer", hint="check the column of answers: `columns: {label: ...}`"
        )


def has_answer(answers: Sequence[str | None]) -> np.ndarray:
    """1 for each question that has an answer, else 0: int64 (rows,)."""
    return np.asarray([bool(each and read(each)) for each in answers], np.int64)


def counts(answers: Sequence[str | None]) -> dict[str, int]:
    """How many questions have an answer and how many have none, where there are both."""
    known = has_answer([each for each in answers if each is not None])
    answered, empty = int(known.sum()), int((1 - known).sum())
    return {"answer": answered, "no answer": empty} if answered and empty else {}


def truth(texts: Iterable[Any], answers: Sequence[str | None]) -> np.ndarray:
    """A Truth for each row, or None where nobody gave an answer: objects (rows,).

    `texts` are questions with their contexts.
    """
    found = np.empty(len(answers), dtype=object)
    for row, ((_, context), answer) in enumerate(zip(texts, answers, strict=True)):
        if answer is not None:
            found[row] = Truth(context, tuple(read(answer)))
    return found
