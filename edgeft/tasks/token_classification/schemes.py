"""Tags of tokens, in whichever scheme: BIO, BIOES, BILOU, BMES, IO, or types alone."""

from collections.abc import Sequence
from typing import NamedTuple

from edgeft.errors import DataError

OUTSIDE = "O"
MEANS = {"B": "B", "I": "I", "M": "I", "E": "E", "L": "E", "S": "S", "U": "S"}
"""what each prefix means: begin, inside, end, single"""
OF_THAT_NAME = "where E-mail or the like is the name of a type, write I-E-mail"


class Tag(NamedTuple):
    """What a tag says of its token."""

    part: str
    """B, I, E or S; empty where the token is outside"""
    type: str


def parsed(tags: Sequence[object]) -> list[Tag]:
    """What tags say; raises DataError for one that is none, or of another scheme than the rest."""
    texts: list[str] = []
    for number, tag in enumerate(tags, start=1):
        if not isinstance(tag, str) or not tag.strip():
            raise DataError(
                f"tag {number} is {tag!r:.60}, not a name",
                hint="write O, or B- or I- and a type, such as B-person, for each token",
            )
        texts.append(tag.strip())
    prefixed = have_prefixes(texts)
    found: list[Tag] = []
    for number, text in enumerate(texts, start=1):
        prefix, _, kind = text.partition("-")
        if text == OUTSIDE:
            found.append(Tag("", ""))
        elif prefix in MEANS and not kind:
            raise DataError(
                f"tag {number} is {text!r}, which names no type",
                hint=f"write its type after a dash, such as {prefix}-person",
            )
        elif not prefixed:
            found.append(Tag("I", text))
        elif is_prefixed(text):
            found.append(Tag(MEANS[prefix], kind))
        else:
            raise DataError(
                f"tag {number} is {text!r}, where other tags of the row begin with B- or the like",
                hint=f"write O, or one of B-, I-, E-, L-, M-, S-, U- and a type; {OF_THAT_NAME}",
            )
    return found


def have_prefixes(tags: Sequence[str]) -> bool:
    """Whether the tags of a row begin with prefixes; types alone may look as if they did.

    No entity begins with M-, so where no other prefix is, it is part of a name, such as M-theory.
    So are E- and L- beside a type alone, where nothing else could begin the entities they end.
    """
    prefixes = {tag.partition("-")[0] for tag in tags if is_prefixed(tag)}
    alone = any(tag != OUTSIDE and not is_prefixed(tag) for tag in tags)
    return not prefixes <= ({"E", "L", "M"} if alone else {"M"})


def is_prefixed(tag: str) -> bool:
    """Whether a tag is a prefix that is known, and a type."""
    prefix, _, kind = tag.partition("-")
    return prefix in MEANS and bool(kind)


def chunks(tags: Sequence[object]) -> list[tuple[int, int, str]]:
    """The entities that tags of tokens spell: first token, last token plus one, type.

    An I- that nothing came before begins an entity, as seqeval reads it by default. Where tags
    say which token ends an entity, each entity has to begin and end: raises DataError otherwise.
    """
    found: list[tuple[int, int, str]] = []
    says = parsed(tags)
    ends = any(each.part in ("E", "S") for each in says)
    open_type: str | None = None
    start = 0
    for place, (part, kind) in enumerate([*says, Tag("", "")]):
        goes_on = part in ("I", "E") and kind == open_type
        if open_type is not None and not goes_on:
            if ends:
                raise broken(tags, place)
            found.append((start, place, open_type))
            open_type = None
        if part in ("I", "E") and not goes_on and ends:
            raise broken(tags, place)
        if part and not goes_on:
            start, open_type = place, kind
        if part in ("E", "S"):
            found.append((start, place + 1, kind))
            open_type = None
    return found


def unbegun(tags: Sequence[object]) -> tuple[bool, int | None]:
    """Whether a B- begins an entity, and the place of the first I- that has none to go on with.

    A B- behind an entity of its type begins the next one in IOB1, too, in which other entities
    begin with an I-. Types alone have no beginnings.
    """
    begins, first = False, None
    says = parsed(tags) if have_prefixes([str(tag).strip() for tag in tags]) else []
    before = Tag("", "")
    for place, tag in enumerate(says):
        goes_on = tag.type == before.type
        begins = begins or (tag.part == "B" and not goes_on)
        if tag.part == "I" and not goes_on and first is None:
            first = place
        before = tag
    return begins, first


def alone(tags: Sequence[object]) -> int | None:
    """The place of the first tag of a row that is a type alone; None where it has prefixes."""
    texts = [str(tag).strip() for tag in tags]
    if have_prefixes(texts):
        return None
    return next((place for place, text in enumerate(texts) if text != OUTSIDE), None)


def broken(tags: Sequence[object], place: int) -> DataError:
    """The error for a tag that cannot follow the one before it."""
    before = repr(tags[place - 1]) if place else "the beginning"
    then = f"tag {place + 1} is {tags[place]!r}" if place < len(tags) else "the tags end"
    return DataError(
        f"{then} after {before}, which cannot be where tags say what ends an entity",
        hint="an entity is B- I- E- (or B- I- L-), or a single S- (or U-), all of one type;"
        f" {OF_THAT_NAME}",
    )
