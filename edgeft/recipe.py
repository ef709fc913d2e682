"""The recipe: what a run starts from, and the steps it takes, as a YAML 1.2 file."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import YAMLError
from ruamel.yaml.reader import ReaderError

from edgeft.complaints import dotted, fields_at, nearest, suggestion, suggestions, unknown_names
from edgeft.data import DataSource
from edgeft.errors import RecipeError
from edgeft.options import Gates
from edgeft.registry import SEARCH, Registry
from edgeft.steps import KINDS

USUAL = "text-classification"
"""the task where nothing says another"""
CANDIDATES = "candidates"
"""the folder of a run that holds what is of one student alone that it tries"""
SEARCHED = ("distill", "layers")
"""the kind and method of the students that it tries; options beside `method: auto` are theirs"""


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class StepSpec(Part):
    """One step: its kind, its method and its options."""

    kind: str
    method: str
    options: dict[str, Any] = {}

    @property
    def searches(self) -> bool:
        """Whether this step stands for every student that edgeft may try."""
        return (self.kind, self.method) == SEARCH

    @model_validator(mode="before")
    @classmethod
    def from_yaml(cls, value: Any) -> Any:
        """Read `{finetune: {method: full, epochs: 3}}` or the short form `{export: onnx}`."""
        if isinstance(value, str):
            kind, colon, method = value.partition(":")
            if kind not in KINDS:
                raise ValueError(f"unknown step {value!r}; {suggestion(kind, list(KINDS))}")
            blank = f"put a blank after the colon: `{kind}: {method}`"
            remedy = blank if colon else f"write `{kind}: {{method: NAME}}`"
            raise ValueError(f"step {value!r} names no method; {remedy}")
        if not isinstance(value, dict) or set(value) >= {"kind", "method"}:
            return value
        if len(value) != 1:
            raise ValueError("a step is one key, such as `finetune: {method: full}`")
        kind, options = next(iter(value.items()))
        if kind not in KINDS:
            raise ValueError(f"unknown step {kind!r}; {suggestion(str(kind), list(KINDS))}")
        if isinstance(options, str):
            options = {"method": options}
        if not isinstance(options, dict) or not isinstance(options.get("method"), str):
            raise ValueError(f"step {kind} names no method; write `{kind}: {{method: NAME}}`")
        rest = {key: option for key, option in options.items() if key != "method"}
        return {"kind": kind, "method": options["method"], "options": rest}


class Bench(Part):
    """How the models of a run are timed: single texts, the models taking turns."""

    threads: int = Field(1, ge=1, description="threads that each model computes with")
    seconds: float = Field(5.0, gt=0, description="timed work a model")


class Recipe(Part):
    """The whole recipe."""

    task: str = Field(USUAL, description="what the model learns to do")
    base: str = Field(
        description="pretrained model: a directory, a hub id (with @revision), or"
        " pkg:PACKAGE/FOLDER for files inside an installed Python package"
    )
    data: DataSource = Field(description="texts and labels")
    teacher: str | None = Field(
        None,
        description="a fine-tuned checkpoint or a bundle to distil from, with no finetune step",
    )
    steps: list[StepSpec] = Field(min_length=1, description="what to do, in order")
    gates: Gates = Field(Gates(), description="what a step may lose, and what may ship")
    effort: Literal["quick", "default", "thorough"] = Field(
        "default",
        description="how long to train where no step says how many epochs, how many students"
        " `distill: auto` may try, and what `r_drop: auto` is",
    )
    seed: int = Field(0, ge=0, description="seed of everything random")
    bench: Bench = Field(Bench(), description="how the models are timed")

    @model_validator(mode="after")
    def in_a_possible_order(self) -> Self:
        """Refuse an order in which a step would find nothing to work on."""
        done = {"finetune"} if self.teacher else set()
        needs = {
            "distill": "finetune",
            "prune": "finetune",
            "export": "finetune",
            "quantize": "export",
        }
        for number, step in enumerate(self.steps):
            needed = needs.get(step.kind)
            if needed and needed not in done:
                if any(each.kind == needed for each in self.steps[number:]):
                    raise ValueError(f"step {step.kind} comes before any {needed}; move it down")
                teacher = ", or name a `teacher:`" * (needed == "finetune")
                raise ValueError(
                    f"step {step.kind} has no {needed} step before it; add one{teacher}"
                )
            if step.kind == "clean" and any(each.kind != "clean" for each in self.steps[:number]):
                raise ValueError("step clean comes after others; move it to the front")
            if "export" in done and step.kind != "quantize":
                raise ValueError(f"step {step.kind} comes after export; move it up")
            done.add(step.kind)
        return self

    @model_validator(mode="after")
    def budgets_have_a_bundle(self) -> Self:
        """Refuse a budget for a file that no step makes."""
        kinds = {step.kind for step in self.steps}
        for budget in ("max_size_mb", "max_p50_ms"):
            if getattr(self.gates, budget) and "export" not in kinds and not self.searches:
                raise ValueError(f"gates.{budget} is a budget of a bundle; add an export step")
        if sum(step.searches for step in self.steps) > 1:
            raise ValueError("two distill steps are `auto`; name the method of one")
        return self

    @property
    def searches(self) -> bool:
        """Whether edgeft looks for the student itself."""
        return any(step.searches for step in self.steps)


def load_recipe(path: str | Path, settings: Mapping[str, Any] | None = None) -> Recipe:
    """Read and check a recipe; raises RecipeError with the line, key or order that is wrong.

    `settings` replace values of the file, such as {"data.train": "other.csv", "distill.epochs": 2}.
    Paths of data and base are taken from where the recipe is run, as a shell would.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
        found = YAML(typ="safe", pure=True).load(text)
    except FileNotFoundError as error:
        raise RecipeError(f"no recipe at {path}", hint="make one: edgeft init") from error
    except OSError as error:
        raise RecipeError(
            f"{path} cannot be read: {error.strerror}", hint="name a recipe: a YAML file"
        ) from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise RecipeError(
            f"{path}, line {line}: control character {chr(error.character)!r}", hint="delete it"
        ) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise RecipeError(
            f"{path}, line {line}: not valid UTF-8", hint="save it as UTF-8"
        ) from error
    except DuplicateKeyError as error:
        key = str(error.problem).split('"')[1]
        raise RecipeError(
            f"{path}, line {error.problem_mark.line + 1}: the key {key!r} stands twice",
            hint="keep one of them",
        ) from error
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        problem = getattr(error, "problem", None) or error
        raise RecipeError(f"{where}: {problem}", hint="mend the YAML") from error
    if isinstance(found, dict):
        for key, value in (settings or {}).items():
            override(found, key, value)
    return parse_recipe(found, str(path))


def named(steps: Any) -> Iterator[tuple[str, str]]:
    """Kind and method of each step of a recipe that is not checked yet."""
    for step in steps if isinstance(steps, list) else []:
        for kind, options in step.items() if isinstance(step, dict) else ():
            yield kind, str(options.get("method") if isinstance(options, dict) else options)


def override(found: dict[str, Any], key: str, value: Any) -> None:
    """Set a value by its dotted key; an option of a kind of step is set in every step of it."""
    first, *rest = key.split(".")
    if first in KINDS:
        steps = found.get("steps") or []
        places = [step for step in steps if isinstance(step, dict) and first in step]
        if not rest:
            raise RecipeError(
                f"cannot set {key!r}: it names no option of a step", hint=f"such as {first}.method"
            )
        if not places:
            raise RecipeError(
                f"cannot set {key!r}: the recipe has no {first} step", hint="add the step to it"
            )
        for place in places:
            if not isinstance(place[first], dict):
                place[first] = {"method": place[first]}
            put(place[first], rest, value)
        return
    if first == "steps" and rest:
        kind = next((part for part in rest if part in KINDS), "finetune")
        raise RecipeError(
            f"cannot set {key!r}: a step is named by its kind, and not by its place",
            hint=f"such as {kind}.{rest[-1]}, for all steps of the kind",
        )
    if first not in Recipe.model_fields:
        of = {method: kind for kind, method in named(found.get("steps"))}
        if first in of or nearest(first, Recipe.model_fields) is None:
            kind = of.get(first, "finetune")
            raise RecipeError(
                f"cannot set {key!r}: a recipe has no key {first!r}",
                hint=f"name an option behind its kind of step, such as {kind}.{[first, *rest][-1]}",
            )
    put(found, [first, *rest], value)


def put(place: dict[str, Any], path: list[str], value: Any) -> None:
    """Set a value in mappings within mappings; those that are missing are made."""
    *parts, last = path
    for part in parts:
        if not isinstance(place.get(part), dict):
            place[part] = {}
        place = place[part]
    place[last] = value


def parse_recipe(found: Any, where: str = "recipe") -> Recipe:
    """Check a recipe that has been read already; raises RecipeError."""
    if not isinstance(found, dict):
        raise RecipeError(f"{where} is not a mapping of keys", hint="start from: edgeft init")
    try:
        return Recipe.model_validate(found)
    except ValidationError as error:
        raise complaint(error, where) from error


def complaint(error: ValidationError, where: str) -> RecipeError:
    """All unknown keys, or else the first complaint of a validation, with the remedy."""
    if unknown := {dotted(place): fields_at(Recipe, place) for place in unknown_names(error)}:
        named = ", ".join(map(repr, unknown))
        return RecipeError(f"{where}: unknown key {named}", hint=suggestions(unknown))
    first = error.errors()[0]
    place = dotted(first["loc"])
    if first["type"] == "missing":
        return RecipeError(f"{where}: {place} is missing", hint=f"add `{first['loc'][-1]}:`")
    if first["type"] == "value_error":
        message, _, hint = str(first["ctx"]["error"]).partition("; ")
        return RecipeError(f"{where}: {message}", hint=hint or "see `edgeft show recipe`")
    return RecipeError(f"{where}: {place}: {first['msg']}", hint="see `edgeft show recipe`")


def recipe_schema(registry: Registry) -> dict[str, Any]:
    """The JSON schema of a recipe with every installed step's options, for editors."""
    schema = Recipe.model_json_schema()
    named = [(kind, name, cls) for (kind, name), cls in registry.steps.items()]
    students = [(kind, SEARCH[1], cls) for kind, name, cls in named if (kind, name) == SEARCHED]
    schema["properties"]["steps"]["items"] = {
        "anyOf": [
            {
                "type": "object",
                "description": cls.__doc__,
                "required": [kind],
                "additionalProperties": False,
                "properties": {kind: step_schema(name, cls.Options.model_json_schema())},
            }
            for kind, name, cls in [*named, *students]
        ]
    }
    return schema


def step_schema(name: str, options: dict[str, Any]) -> dict[str, Any]:
    """The schema of one step's value: its method's name and its options."""
    properties = {"method": {"const": name}, **options.get("properties", {})}
    return {**options, "type": "object", "properties": properties, "required": ["method"]}
