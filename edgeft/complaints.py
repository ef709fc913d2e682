"""What to say of a name that nobody knows, and of values that no option takes."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from edgeft.errors import PluginError
from edgeft.options import Options


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that another is a misspelling of; None where none is like it."""
    return next(iter(difflib.get_close_matches(str(name), known, n=1)), None)


def suggestion(name: str, known: list[str]) -> str:
    """A hint for an unknown name: the nearest known one, or all of them."""
    near = nearest(name, known)
    if near is not None:
        return f"did you mean {near!r}?"
    return f"known: {', '.join(sorted(known)) or 'none'}"


def suggestions(unknown: Mapping[str, list[str]]) -> str:
    """The hint for unknown names, of each what is known in its place."""
    hints = {name: suggestion(name.rpartition(".")[2], known) for name, known in unknown.items()}
    if len(hints) == 1:
        return next(iter(hints.values()))
    return "; ".join(f"{name}: {hint}" for name, hint in hints.items())


def unknown_names(error: ValidationError) -> list[tuple[int | str, ...]]:
    """The places of all names that a validation did not know."""
    return [each["loc"] for each in error.errors() if each["type"] == "extra_forbidden"]


def fields_at(model: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """What is known where something at a place such as ("data", "columns", "txt") is not.

    Nothing where the place is in no model.
    """
    for part in place[:-1]:
        if (field := model.model_fields.get(str(part))) is None:
            continue  # the name of one of several models that a value may be of
        within = next(models_in(field.annotation), None)
        if within is None:
            return []
        model = within
    return list(model.model_fields)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a type allows: itself, or those of a union."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in get_args(annotation):
        yield from models_in(each)


def own_default(model: type[Options]) -> str:
    """Which default the options refuse though nobody set anything, and why; empty where none."""
    try:
        model()
    except ValidationError as error:
        first = error.errors()[0]
        if first["loc"] and first["type"] != "missing":
            return f"{dotted(first['loc'])}: {first['msg']}"
    return ""


def is_missing(error: ValidationError) -> bool:
    """Whether the first complaint is about an option without default that nobody set."""
    return error.errors()[0]["type"] == "missing"


def unfit_options(
    error: ValidationError, where: str, model: type[Options], values: Mapping[str, Any]
) -> PluginError:
    """All unknown options, or else the first complaint, as an error with its remedy."""
    if unknown := {dotted(place): fields_at(model, place) for place in unknown_names(error)}:
        return PluginError(
            f"{where} has no option {', '.join(map(repr, unknown))}", hint=suggestions(unknown)
        )
    first = error.errors()[0]
    place = dotted(first["loc"])
    see = f"see: edgeft show {where.replace(' ', '.')}"
    if is_missing(error):
        return PluginError(f"{where} needs the option {place}", hint=f"set it; {see}")
    if not place:  # of several options together
        whole = str(first.get("ctx", {}).get("error") or first["msg"])
        message, _, hint = whole.partition("; ")
        return PluginError(f"{where}: {message}", hint=hint or see)
    option = str(first["loc"][0])
    choices = [each for each in error.errors() if each["loc"][:1] == first["loc"][:1]]
    if len(choices) > 1:  # a value of several types, none of which it is: each has its complaint
        place, first = option, {**first, "input": values.get(option)}
    said = dict.fromkeys(each["msg"].removeprefix("Value error, ") for each in choices)
    value = first.get("input")
    return PluginError(f"{where}: {place} = {value!r}: {'; or: '.join(said)}", hint=see)


def dotted(place: tuple[int | str, ...]) -> str:
    """A place in a mapping of mappings, such as `data.columns.text`."""
    return ".".join(map(str, place))
