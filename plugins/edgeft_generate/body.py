"""What a server is sent beside the model and the messages, and how much it may write by that."""

from typing import Any

from edgeft_generate.options import WriterOptions

LIMITS = ("max_tokens", "max_completion_tokens")
"""fields that limit an answer; servers differ in which of them they follow"""


def body_of(options: WriterOptions, seed: int) -> dict[str, Any]:
    """The fields of a request: the options', with those of `body` in their places."""
    fields = {
        "temperature": options.temperature,
        "top_p": options.top_p,
        "max_tokens": options.max_tokens,
        "seed": seed,
        **options.body,
    }
    return {name: value for name, value in fields.items() if value is not None}


def most_tokens(options: WriterOptions) -> int | None:
    """Most tokens that an answer may have, those of all its `n` versions; None for no limit."""
    if not options.url:
        return options.max_tokens
    body = body_of(options, 0)
    limits = [body[name] for name in LIMITS if name in body]
    versions = body.get("n", 1)
    if not limits or not all(type(each) is int and each > 0 for each in (*limits, versions)):
        return None
    most: int = max(limits) * versions
    return most
