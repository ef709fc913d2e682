"""Entities as CoNLL files have them: a word and its tag a line."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

from edgeft.errors import OutputError

SUFFIXES = (".conll", ".iob", ".iob2", ".bio")

Scheme = Literal["bio", "bioes", "io"]
PARTS: dict[Scheme, tuple[str, ...]] = {
    "bio": ("B", "I", "I", "B"),
    "bioes": ("B", "I", "E", "S"),
    "io": ("I", "I", "I", "I"),
}
"""what a scheme calls the first word of an entity, one inside, the last, and one that is alone"""


def conll_lines(scheme: Scheme) -> Callable[[Iterable[tuple[Any, ...]], int], Iterator[str]]:
    """The function that writes texts and their entities as words and tags of a scheme."""

    def lines(rows: Iterable[tuple[Any, ...]], top_k: int) -> Iterator[str]:
        for text, entities, _ in rows:
            if not isinstance(entities, list) or not all(hasattr(e, "start") for e in entities):
                raise OutputError(
                    "tags are of the parts of a text, and this model answers with something else",
                    hint="name a csv, tsv or jsonl",
                )
            for word, tag in tagged(text, entities, scheme):
                yield f"{word}\t{tag}\n"
            yield "\n"

    return lines


def tagged(text: str, entities: Iterable[Any], scheme: Scheme) -> Iterator[tuple[str, str]]:
    """The words of a text, or its characters where a script has no spaces, each with its tag.

    A word that an entity holds a part of is the entity's, whole; of several, the first one's.
    """
    from edgeft.tasks.tokens import TOKEN

    words = list(TOKEN.finditer(text))
    tags = ["O"] * len(words)
    first, inside, last, alone = PARTS[scheme]
    for entity in entities:
        own = [
            place
            for place, word in enumerate(words)
            if tags[place] == "O" and word.start() < entity.end and entity.start < word.end()
        ]
        for place in own:
            part = alone if len(own) == 1 else inside
            if len(own) > 1 and place == own[0]:
                part = first
            elif len(own) > 1 and place == own[-1]:
                part = last
            tags[place] = f"{part}-{entity.label}"
    yield from zip((word.group() for word in words), tags, strict=True)
