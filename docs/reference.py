"""The generated parts of the documentation: tables of options, fields and results.

`scripts/docs` (cog) writes them into README.md and docs/*.md; `scripts/check` compares.
"""

import inspect
import json
import types
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from edgeft.registry import load_plugins
from edgeft.report.markdown import table
from edgeft.steps import KINDS, Step

RESULTS = Path(__file__).parents[1] / "benchmarks" / "results"


def fields(model: type[BaseModel], leave_out: tuple[str, ...] = ()) -> str:
    """A table of a model's fields: name, type, default, description."""
    rows = [
        [f"`{name}`", type_name(field.annotation), default(field), field.description or ""]
        for name, field in model.model_fields.items()
        if name not in leave_out
    ]
    return "\n".join(table(["key", "type", "default", "what it is"], rows))


def steps() -> str:
    """A section a kind of step, and in it one a built-in step: what it does, and its options."""
    sections = []
    for kind, base in KINDS.items():
        sections.append(f"## {kind}\n\n{inspect.getdoc(base)}")
        sections += [
            f"### {kind}: {cls.name}\n\n{inspect.getdoc(cls)}\n\n{options(cls)}"
            for cls in built_in_steps()
            if cls.kind == kind
        ]
    return "\n\n".join(sections)


def options(cls: type[Step[Any]]) -> str:
    """The options of a step, with those inside an option, or a sentence where it has none."""
    if not cls.Options.model_fields:
        return "It has no options."
    parts = [fields(cls.Options)]
    for name, field in cls.Options.model_fields.items():
        for inside in models_in(field.annotation):
            parts.append(f"`{name}`: {inspect.getdoc(inside)}\n\n{fields(inside)}")
    return "\n\n".join(parts)


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """The models among the types that an annotation allows."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) is Annotated:
        return models_in(get_args(annotation)[0])
    return [model for each in get_args(annotation) for model in models_in(each)]


def built_in_steps() -> list[type[Step[Any]]]:
    """Every step that edgeft brings itself, by name; other installed plugins do not matter."""
    return [cls for cls in load_plugins().steps.values() if cls.distribution == "edgeft"]


def default(field: FieldInfo) -> str:
    """A field's default as it is written in a recipe."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        return ""
    return "" if value is None else f"`{json.dumps(value)}`"


def type_name(annotation: Any) -> str:
    """A type as a person would write it: `int`, `int or list[int]`, `auto` or `fp32`."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin is Annotated:
        return type_name(arguments[0])
    if origin in (Union, types.UnionType):
        names = [type_name(each) for each in arguments if each is not types.NoneType]
        return " or ".join(dict.fromkeys(names))
    if origin in (list, tuple, dict):
        inside = ", ".join(type_name(each) for each in arguments if each is not ...)
        return f"{origin.__name__}[{inside}]"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "mapping, see below"
    return "any" if annotation is Any else str(annotation.__name__)


def suitability() -> str:
    """A table of the built-in steps by the tasks that they work for."""
    registry = load_plugins()
    tasks = list(registry.tasks.values())
    rows = []
    for cls in built_in_steps():
        marks = []
        for task in tasks:
            fits = (
                cls.fits(task) and (cls.pairs or not task.pairs) and (cls.marks or not task.marks)
            )
            marks.append("yes" if fits else "")
        rows.append([f"{cls.kind} `{cls.name}`", *marks])
    return "\n".join(table(["step", *(f"`{task.name}`" for task in tasks)], rows))
