"""Asks a language model, keeps each answer the moment it is there, and asks nothing twice.

Caps count what was answered in earlier runs as well, and answers that could not be used: the same
step with the same caps never costs more because it was interrupted or run again.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import islice
from threading import Lock
from typing import Any, Protocol, TypeVar

from edgeft.data.kept import Kept, hash_of
from edgeft.progress import Bar
from edgeft_generate.body import most_tokens
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
    def lost(self) -> str:
        """What the tokens of its answers that could not be used are kept by."""
        return json.dumps([self.prompt, self.number, "lost"], ensure_ascii=False)

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
    """The tokens that answers took or that are put aside for them, and whether more can be paid.

    A writer's threads may be at it together.
    """

    options: WriterOptions
    kept: Kept
    """where answers that could not be used are written down"""
    tokens_in: int = 0
    tokens_out: int = 0
    lock: Lock = field(default_factory=Lock)

    @cached_property
    def longest(self) -> int:
        """Most tokens of an answer; 0 where nothing limits it, and then there is no cap either."""
        return most_tokens(self.options) or 0

    @property
    def cost(self) -> float:
        """The price of all these tokens."""
        options = self.options
        paid = self.tokens_in * options.price_in + self.tokens_out * options.price_out
        return paid / MILLION

    @property
    def overdrawn(self) -> bool:
        """Whether that is more than the cap allows."""
        return self.options.most_cost is not None and self.cost > self.options.most_cost

    def reserve(self, question: Question) -> bool:
        """Put aside what an answer takes at most; False where there is not enough for it."""
        with self.lock:
            self.count(question.tokens, self.longest)
            if self.overdrawn:
                self.count(-question.tokens, -self.longest)
                return False
            return True

    def pay(self, question: Question, answer: Answer) -> None:
        """Pay for an answer with what was put aside for it."""
        with self.lock:
            self.count(answer.tokens_in - question.tokens, answer.tokens_out - self.longest)

    def lose(self, question: Question, tokens_in: int, tokens_out: int) -> bool:
        """Pay for an answer that cannot be used; False where there is not enough to ask again.

        Then nothing is put aside for the question any more.
        """
        with self.lock:
            self.count(tokens_in, tokens_out)
            if tokens_in or tokens_out:
                before = self.lost(question)
                self.kept.keep({question.lost: [before[0] + tokens_in, before[1] + tokens_out]})
            if self.overdrawn:
                self.count(-question.tokens, -self.longest)
                return False
            return True

    def lost(self, question: Question) -> tuple[int, int]:
        """The tokens of the answers to a question that could not be used, of earlier runs too."""
        if question.lost not in self.kept:
            return 0, 0
        tokens_in, tokens_out = self.kept[question.lost]
        return tokens_in, tokens_out

    def count(self, tokens_in: int, tokens_out: int) -> None:
        """Count tokens in, or out again."""
        self.tokens_in += tokens_in
        self.tokens_out += tokens_out


@dataclass
class Asking:
    """Questions on their way to a writer and back."""

    options: WriterOptions
    kept: Kept
    writer: Callable[[], Writer]
    """opens the writer when it is needed first"""
    purse: Purse = field(init=False)
    opened: Writer | None = None
    counted: dict[str, int] = field(default_factory=lambda: {"requests": 0, "kept": 0})
    """requests answered now, and before"""
    ended: str = ""
    """which cap ended it"""
    seen: set[int] = field(default_factory=set)
    """questions whose answers of earlier runs are counted, by their hashes"""
    lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.purse = Purse(self.options, self.kept)

    def answered(
        self, questions: Callable[[], Iterable[tuple[Question, T]]], bar: Bar
    ) -> Iterator[tuple[Answer, T]]:
        """The answers in the order of the questions, each with what came with its question.

        `questions` says the same ones each time: where there is a cap on cost, they are gone
        through twice, for all that is paid already is counted before anything is asked. Nothing is
        asked once a cap is reached, and what was answered before comes all the same. In a dry run
        nothing is asked, and there are no answers.
        """
        if self.options.most_cost is not None:
            for question, _ in self.up_to_cap(questions()):
                self.recall(question)
        capped = iter(self.up_to_cap(questions()))
        while block := list(islice(capped, BLOCK)):
            new = {each.key: each for each, _ in block if each.key not in self.kept}
            for question, _ in block:
                self.recall(question)
            affordable = self.ended != "most_cost"
            if self.options.dry_run:
                if affordable:
                    self.estimate(list(new.values()))
                continue
            bar.advance(sum(question.key not in new for question, _ in block))
            if new and affordable:
                self.ask(list(new.values()), bar)
            for question, given in block:
                if question.key in self.kept:
                    yield Answer(**self.kept[question.key]), given
                else:
                    self.ended = "most_cost"

    def up_to_cap(self, questions: Iterable[tuple[Question, T]]) -> Iterator[tuple[Question, T]]:
        """The questions that `most_requests` has room for; the same question is one request."""
        most = self.options.most_requests
        asked: set[str] = set()
        for question, given in questions:
            if most is not None:
                if question.key not in asked and len(asked) == most:
                    self.ended = self.ended or "most_requests"
                    return
                asked.add(question.key)
            yield question, given

    def ask(self, questions: list[Question], bar: Bar) -> None:
        """Lay questions before the writer."""
        self.opened = self.opened or self.writer()

        def keep(question: Question, answer: Answer) -> None:
            self.kept.keep({question.key: asdict(answer)})
            self.purse.pay(question, answer)
            with self.lock:  # a writer's threads may be at it together
                self.counted["requests"] += 1
            bar.advance(1)

        self.opened.write(questions, keep, self.purse)

    def recall(self, question: Question) -> None:
        """Count what a question took in earlier runs, once."""
        if (known := hash_of(question.key)) in self.seen:
            return
        self.seen.add(known)
        self.purse.count(*self.purse.lost(question))
        if question.key in self.kept:
            answer = Answer(**self.kept[question.key])
            self.purse.count(answer.tokens_in, answer.tokens_out)
            self.counted["kept"] += 1

    def estimate(self, questions: list[Question]) -> None:
        """Count what questions would take at most that are not asked."""
        for question in questions:
            if not self.purse.reserve(question):
                self.ended = "most_cost"
                return
            self.counted["requests"] += 1

    def figures(self) -> dict[str, Any]:
        """What was counted, for the history."""
        tokens = {"tokens_in": self.purse.tokens_in, "tokens_out": self.purse.tokens_out}
        found: dict[str, Any] = {**self.counted, **tokens}
        if self.options.price_in or self.options.price_out:
            found["cost"] = round(self.purse.cost, 6)
        if self.ended:
            found["ended_by"] = self.ended
        return found
