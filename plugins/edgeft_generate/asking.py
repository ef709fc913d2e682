"""Asks a language model, keeps each answer the moment it is there, and asks nothing twice.

Caps count what was answered in earlier runs as well: the same step with the same caps never costs
more because it was interrupted or run again.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from threading import Lock
from typing import Any, Protocol, TypeVar

from edgeft.data.kept import Kept
from edgeft.progress import Bar
from edgeft_generate.options import WriterOptions

BLOCK = 256
"""questions that are laid before a writer at a time"""
BYTES_A_TOKEN = 3
"""of UTF-8, at least, in the tokenizers of large models: more would make estimates too low"""
MILLION = 1_000_000

T = TypeVar("T")


@dataclass(frozen=True)
class Question:
    """What is asked, and which time that is."""

    prompt: str
    number: int = 0

    @property
    def key(self) -> str:
        """What its answer is kept by."""
        return json.dumps([self.prompt, self.number], ensure_ascii=False)

    @property
    def tokens(self) -> int:
        """About how many tokens are read, rather too many than too few."""
        return math.ceil(len(self.prompt.encode()) / BYTES_A_TOKEN)


@dataclass(frozen=True)
class Answer:
    """What was written, whether it was cut off, and the tokens that were read and written."""

    text: str
    cut: bool = False
    tokens_in: int = 0
    tokens_out: int = 0


Keep = Callable[[Question, Answer], None]


class Writer(Protocol):
    """Who answers: a model here, or a server."""

    def write(self, questions: list[Question], keep: Keep, purse: "Purse") -> None:
        """Answer the questions in about their order, each kept at once, while the purse lasts."""


@dataclass
class Purse:
    """What answers cost, and whether there is enough for another."""

    options: WriterOptions
    spent: float = 0.0
    reserved: float = 0.0

    def cost(self, tokens_in: int, tokens_out: int) -> float:
        """The price of so many tokens."""
        options = self.options
        return (tokens_in * options.price_in + tokens_out * options.price_out) / MILLION

    def most(self, question: Question) -> float:
        """What an answer costs at most."""
        return self.cost(question.tokens, self.options.max_tokens)

    def reserve(self, question: Question) -> bool:
        """Put the price of a question aside; False where there is not enough for it."""
        cap = self.options.most_cost
        if cap is not None and self.spent + self.reserved + self.most(question) > cap:
            return False
        self.reserved += self.most(question)
        return True

    def release(self, question: Question) -> None:
        """Take back what was put aside: the question is answered, or never will be."""
        self.reserved -= self.most(question)

    def pay(self, answer: Answer) -> None:
        """Count an answer that was given."""
        self.spent += self.cost(answer.tokens_in, answer.tokens_out)


@dataclass
class Asking:
    """Questions on their way to a writer and back."""

    options: WriterOptions
    kept: Kept
    writer: Callable[[], Writer]
    """opens the writer when it is needed first"""
    purse: Purse = field(init=False)
    opened: Writer | None = None
    counted: dict[str, Any] = field(
        default_factory=lambda: {"requests": 0, "kept": 0, "tokens_in": 0, "tokens_out": 0}
    )
    """requests answered now, and before; tokens of both"""
    ended: str = ""
    """which cap ended it"""
    seen: set[str] = field(default_factory=set)
    """questions whose answers are counted"""
    lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.purse = Purse(self.options)

    def answered(
        self, questions: Iterable[tuple[Question, T]], bar: Bar
    ) -> Iterator[tuple[Answer, T]]:
        """The answers in the order of the questions, each with what came with its question.

        Ends where a cap is reached. In a dry run nothing is asked, and there are no answers.
        """
        capped = iter(self.up_to_cap(questions))
        while block := list(islice(capped, BLOCK)):
            new = {each.key: each for each, _ in block if each.key not in self.kept}
            for question, _ in block:
                if question.key not in new:
                    self.count(question, Answer(**self.kept[question.key]), "kept")
            if self.options.dry_run:
                self.estimate(list(new.values()))
                continue
            bar.advance(sum(question.key not in new for question, _ in block))
            if new:
                self.ask(list(new.values()), bar)
            for question, given in block:
                if question.key not in self.kept:
                    self.ended = "most_cost"
                    return
                yield Answer(**self.kept[question.key]), given

    def up_to_cap(self, questions: Iterable[tuple[Question, T]]) -> Iterator[tuple[Question, T]]:
        """The questions that `most_requests` has room for; the same question is one request."""
        most = self.options.most_requests
        asked: set[str] = set()
        for question, given in questions:
            if most is not None:
                if question.key not in asked and len(asked) == most:
                    self.ended = "most_requests"
                    return
                asked.add(question.key)
            yield question, given

    def ask(self, questions: list[Question], bar: Bar) -> None:
        """Lay questions before the writer."""
        self.opened = self.opened or self.writer()

        def keep(question: Question, answer: Answer) -> None:
            self.kept.keep({question.key: asdict(answer)})
            self.count(question, answer, "requests")
            bar.advance(1)

        self.opened.write(questions, keep, self.purse)

    def count(self, question: Question, answer: Answer, when: str) -> None:
        """Count an answer, and what it cost, once; a writer's threads may be at it together."""
        with self.lock:
            if question.key not in self.seen:
                self.seen.add(question.key)
                self.counted[when] += 1
                self.counted["tokens_in"] += answer.tokens_in
                self.counted["tokens_out"] += answer.tokens_out
                self.purse.pay(answer)

    def estimate(self, questions: list[Question]) -> None:
        """Count what questions would cost at most that are not asked."""
        for question in questions:
            if not self.purse.reserve(question):
                self.ended = "most_cost"
                return
            self.counted["requests"] += 1
            self.counted["tokens_in"] += question.tokens
            self.counted["tokens_out"] += self.options.max_tokens

    def figures(self) -> dict[str, Any]:
        """What was counted, for the history."""
        found = dict(self.counted)
        if self.options.price_in or self.options.price_out:
            found["cost"] = round(self.purse.spent + self.purse.reserved, 6)
        if self.ended:
            found["ended_by"] = self.ended
        return found
