"""A causal language model behind an address that speaks OpenAI's chat completions.

https://platform.openai.com/docs/api-reference/chat; vLLM, llama.cpp, Ollama and others speak it
too. The client sends again what a server could not answer (429, 5xx, no answer in time).
"""

import hashlib
import json
import os
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from threading import Event
from typing import Any

import openai

from edgeft.plugin import EdgeftError, ModelError
from edgeft_generate.asking import Answer, Keep, Purse, Question
from edgeft_generate.body import body_of
from edgeft_generate.options import WriterOptions

LONGEST_PAUSE = 8.0
"""seconds between a garbled answer and the next try"""
GOES_ON = "run it again: what was answered is kept, and is not asked for again"
NO_KEY = "no key"
"""what is sent where there is none: the client insists on one"""


class Garbled(ValueError):
    """What came is no chat completion; the server may say all the same what it took."""

    def __init__(self, said: str, usage: dict[str, Any]) -> None:
        super().__init__(said)
        self.tokens_in = whole(usage.get("prompt_tokens"), 0)
        self.tokens_out = whole(usage.get("completion_tokens"), 0)


class Server:
    """A server and the model of it that is asked."""

    def __init__(self, options: WriterOptions, seed: int) -> None:
        self.options = options
        self.seed = seed
        self.key = os.environ.get(options.key_variable) or NO_KEY
        self.stopped = Event()
        self.client = openai.OpenAI(
            base_url=options.url,
            api_key=self.key,
            timeout=options.timeout,
            max_retries=options.retries,
        )

    def write(self, questions: list[Question], keep: Keep, purse: Purse) -> None:
        """Ask the questions, several at a time, in their order, while the purse lasts.

        Whatever ends it, what is under way is waited for and kept: it is paid for. Raises
        ModelError for what the server refuses, or cannot answer after all retries.
        """
        waiting = list(reversed(questions))
        flying: set[Future[None]] = set()
        with ThreadPoolExecutor(self.options.parallel) as pool:
            try:
                while True:
                    while waiting and len(flying) < self.options.parallel:
                        if not purse.reserve(waiting[-1]):
                            break
                        question = waiting.pop()
                        flying.add(pool.submit(self.ask, question, keep, purse))
                    if not flying:
                        return
                    finished, flying = wait(flying, return_when=FIRST_COMPLETED)
                    for done in finished:
                        done.result()
            finally:
                self.stopped.set()
                wait(flying)
                self.stopped.clear()

    def ask(self, question: Question, keep: Keep, purse: Purse) -> None:
        """Ask one question, for which the purse has put something aside, and keep its answer."""
        try:
            answer = self.answer(question, purse)
        except (openai.APIError, Garbled) as error:
            raise self.explained(error) from error
        if answer is not None:
            keep(question, answer)

    def answer(self, question: Question, purse: Purse) -> Answer | None:
        """What the server answers; garbage is asked for again as often as silence.

        None where garbage was paid for, and there is not enough to ask again.
        """
        for tried in range(self.options.retries + 1):
            raw = self.client.chat.completions.with_raw_response.create(
                model=self.options.server_model,
                messages=[{"role": "user", "content": question.prompt}],
                extra_body=body_of(self.options, self.seed_of(question)),
            )
            try:
                return read(raw.http_response.text, question)
            except Garbled as garbled:
                enough = purse.lose(question, garbled.tokens_in, garbled.tokens_out)
                if tried == self.options.retries or self.stopped.is_set():
                    raise
                if not enough:
                    return None
                self.stopped.wait(min(LONGEST_PAUSE, 0.1 * 2**tried))
        return None

    def seed_of(self, question: Question) -> int:
        """What a server draws the answer to a question by: the step's seed and the question."""
        digest = hashlib.sha256(f"{self.seed} {question.key}".encode()).digest()
        return int.from_bytes(digest[:4], "little") >> 1

    def explained(self, error: Exception) -> EdgeftError:
        """What went wrong in one sentence, and what to do."""
        url, name = self.options.url, self.options.server_model
        if isinstance(error, Garbled):
            return ModelError(
                f"{url} answers with what is no chat completion: {error}", hint=GOES_ON
            )
        if isinstance(error, openai.APITimeoutError):
            late = f"{url} did not answer within {self.options.timeout:g} s"
            return ModelError(late, hint=f"{GOES_ON}; `timeout` gives it longer")
        if not isinstance(error, openai.APIStatusError):
            return ModelError(
                f"{url} cannot be reached: {one_line(str(error))}",
                hint=f"check the address and whether the server runs, then {GOES_ON}",
            )
        status, said = error.status_code, self.said(error)
        if status == 429 or status >= 500:
            return ModelError(f"{url} still answers {status}: {said}", hint=GOES_ON)
        return ModelError(
            f"{url} refuses what it is asked ({status}): {said}", hint=self.remedy(status, name)
        )

    def remedy(self, status: int, name: str) -> str:
        """What to do about a refusal."""
        variable = self.options.key_variable
        if status in (401, 403):
            if self.key == NO_KEY:
                return f"it wants a key: export {variable}=..."
            return f"check the key in the environment variable {variable}"
        if status == 404:
            return f"check `url` (it ends in /v1 for most servers) and `server_model` ({name})"
        return "check `server_model`, `max_tokens` and `body`, which names fields to leave out"

    def said(self, error: openai.APIStatusError) -> str:
        """The server's own words, on one line and without the key."""
        body = error.body
        words = body.get("message") if isinstance(body, dict) else body
        return one_line(str(words or error.message).replace(self.key, "***"))


def read(text: str, question: Question) -> Answer:
    """The answer in a response's body; raises Garbled for what is no chat completion.

    A model that refuses, or has nothing to say, has said nothing. A server that does not count
    tokens has them estimated.
    """
    try:
        found = json.loads(text)
    except ValueError as error:
        raise Garbled(one_line(text) or "nothing", {}) from error
    usage = usage_of(found)
    try:
        versions = [each["message"].get("content") or "" for each in found["choices"]]
        cut = found["choices"][0].get("finish_reason") == "length"
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise Garbled(one_line(text), usage) from error
    if not all(isinstance(each, str) for each in versions):
        raise Garbled(one_line(text), usage)
    written = sum(Question(each).tokens for each in versions)
    return Answer(
        versions[0],
        cut,
        whole(usage.get("prompt_tokens"), question.tokens),
        whole(usage.get("completion_tokens"), written),
    )


def usage_of(found: Any) -> dict[str, Any]:
    """The tokens that a server says it read and wrote, if it says so."""
    usage = found.get("usage") if isinstance(found, dict) else None
    return usage if isinstance(usage, dict) else {}


def whole(value: Any, otherwise: int) -> int:
    """A count that somebody else made, or else the estimate."""
    return value if isinstance(value, int) and value >= 0 else otherwise


def one_line(text: str) -> str:
    """The beginning of a text, on one line."""
    words = " ".join(text.split())
    return words if len(words) <= 200 else f"{words[:200]}..."
