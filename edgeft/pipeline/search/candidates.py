"""The students that `distill: auto` stands for, each a recipe of its own, cheapest first."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edgeft.artifacts import Bundle, open_model
from edgeft.errors import ModelError
from edgeft.pipeline.search.effort import COPIES, DEEPEST, NEIGHBOURS, adds_copies
from edgeft.pipeline.search.fitting import too_large
from edgeft.pipeline.search.naming import described, name_of
from edgeft.pipeline.search.smaller import smaller
from edgeft.recipe import SEARCHED, Recipe, StepSpec
from edgeft.registry import Registry
from edgeft.surgery.shapes import NO_LAYERS, Shape, shape_of

STATIC = ("distill", "static")
NEIGHBOURING = ("augment", "neighbours")
MASKING = ("augment", "mask")
VOCABULARY = ("prune", "vocabulary")
WIDER = 2
"""times the vectors of a static student, where narrow ones lose too much"""
WHOLE = "teacher"
"""the name of the candidate that is no student"""
OF_STUDENTS = (
    "keep",
    "depth",
    "neurons",
    "width",
    "attention_heads",
    "activation",
    "student",
)
"""options that say what a student is: with one of them nothing but students is asked for"""


@dataclass(frozen=True)
class Candidate:
    """One student that may be tried."""

    name: str
    what: str
    """what it is, for a reader"""
    recipe: Recipe
    """a recipe with no open choice"""
    shared: int
    """how many of the recipe's first steps all candidates have in common"""
    shape: Shape
    excluded: str
    """why it cannot meet the budgets, whatever is measured; empty where it may"""
    student: bool = True
    """whether something is trained for it; otherwise it is tried where no student may ship"""
    instead_of: str = ""
    """the candidate that it stands in for; it is tried only where that one is over a budget"""
    trained_as: str = ""
    """the candidate that has the same student; empty for its own"""


def candidates(recipe: Recipe, registry: Registry) -> list[Candidate]:
    """All that a recipe with `distill: auto` may try, those with the fewest weights first.

    Those that stand in for a student over a budget come after all students. Options beside
    `method: auto` go to every candidate; `keep`, `depth`, `neurons` and `width` leave it less to
    choose, and so does `attention_heads`; those that say what a student of layers is leave out the
    static one; a `prune` step decides about vocabularies. Raises PluginError for options that no
    student of layers takes, ModelError for a teacher whose size cannot be told, and for attention
    heads that it does not have or cannot lose.
    """
    place = next(number for number, step in enumerate(recipe.steps) if step.searches)
    options = recipe.steps[place].options
    registry.options(*SEARCHED, options)
    teacher = shape_of(starting_point(recipe, options, registry))
    check_heads(options.get("attention_heads"), teacher)
    before = [*recipe.steps[:place], *copies(recipe, place, registry)]
    after = completed(recipe.steps[place + 1 :], registry)
    found = static(recipe, place, before, after, registry)

    def of_layers(shape: Shape) -> Candidate:
        given = options | chosen(shape, options, teacher)
        student = StepSpec(kind=SEARCHED[0], method=SEARCHED[1], options=given)
        pruned = with_tokens(after, shape, teacher)
        return Candidate(
            name=name_of(shape, teacher),
            what=described(shape, teacher),
            recipe=recipe.model_copy(update={"steps": [*before, student, *pruned]}),
            shared=len(before),
            shape=shape,
            excluded=too_large("layers", shape.weights, recipe.gates),
        )

    own = registry.step(*SEARCHED).Options.model_fields
    narrows = "width" in own and not {"width", "attention_heads"} & set(options)
    prunes = any(step.kind == "prune" for step in recipe.steps[place:])
    trims = VOCABULARY in registry.steps and not prunes
    tried = shapes(recipe, options, teacher, registry)
    instead = []
    for shape in tried:
        found.append(of_layers(shape))
        if shape.neurons == tried[0].neurons:
            for less in smaller(shape, recipe.gates, tokens=trims, width=narrows):
                name = found[-1].name
                same = name if less.width == shape.width else ""
                instead.append(replace(of_layers(less), instead_of=name, trained_as=same))
    return [
        *sorted(found, key=lambda each: (each.shape.weights, each.shape.layers)),
        *sorted(instead, key=lambda each: (not each.trained_as, each.shape.weights)),
        *whole(recipe, options, before, after, teacher),
    ]


def check_heads(size: int | None, teacher: Shape) -> None:
    """Raise ModelError where the teacher's layers cannot have `size` attention heads."""
    if size is None or size == teacher.whole_heads:
        return
    if not teacher.loses_heads:
        raise ModelError(
            "the attention of this base counts on all of its heads",
            hint="leave `attention_heads` out; `width: N` takes heads and dimensions together",
        )
    if size > teacher.whole_heads:
        raise ModelError(
            f"attention_heads: the base has {teacher.whole_heads} in each layer, not {size}",
            hint=f"take 1 to {teacher.whole_heads}",
        )


def static(
    recipe: Recipe,
    place: int,
    before: list[StepSpec],
    after: list[StepSpec],
    registry: Registry,
) -> list[Candidate]:
    """The students without layers, where nothing that is given is about layers: narrow, then wide.

    `width` is about layers, too: of hidden states, and not of a token's vector. Options whose
    default is another for students of layers, such as the learning rate, mean another thing there
    and stay behind; so does `max_length`, for a token more costs it next to nothing and whole texts
    tell it more; and pruners, for it has only what its texts need. Of more or fewer epochs it takes
    as much more or less.
    """
    if STATIC not in registry.steps:
        return []
    layers, own = (registry.step(*each).Options.model_fields for each in (SEARCHED, STATIC))
    options = recipe.steps[place].options
    if any(name not in own or name in OF_STUDENTS for name in options):
        return []
    shared = {
        name: value
        for name, value in options.items()
        if own[name].default == layers[name].default and name != "max_length"
    }
    if "epochs" in options:
        shared["epochs"] = options["epochs"] * own["epochs"].default / layers["epochs"].default
    sizes = {name: shared.get(name, own[name].default) for name in ("buckets", "width")}
    rest = [step for step in after if step.kind != "prune"]
    found = []
    for times in (1, WIDER):
        width = times * sizes["width"]
        given = shared if times == 1 else {**shared, "width": width}
        student = StepSpec(kind=STATIC[0], method=STATIC[1], options=given)
        found.append(
            Candidate(
                name=STATIC[1] if times == 1 else f"{STATIC[1]}-width-{width}",
                what=f"no layers: vectors of {width} numbers of tokens and their runs, and a head",
                recipe=recipe.model_copy(update={"steps": [*before, student, *rest]}),
                shared=len(before),
                shape=NO_LAYERS,
                excluded=too_large("n-grams", sizes["buckets"] * width, recipe.gates, bits=4),
            )
        )
    return found


def whole(
    recipe: Recipe,
    options: dict[str, Any],
    before: list[StepSpec],
    after: list[StepSpec],
    teacher: Shape,
) -> list[Candidate]:
    """The teacher itself, where nothing that is given is about students.

    Nothing has to be trained for it: where no student is good enough, it still loses the tokens
    that its texts do not need, and the digits.
    """
    if any(name in options for name in OF_STUDENTS):
        return []
    if recipe.teacher and isinstance(open_model(Path(recipe.teacher)), Bundle):
        return []
    if not any(step.kind == "prune" for step in after):
        return []  # nothing would say what it is compared with
    return [
        Candidate(
            name=WHOLE,
            what=f"all {teacher.layers} layers of its teacher, with a smaller vocabulary",
            recipe=recipe.model_copy(update={"steps": [*before, *after]}),
            shared=len(before),
            shape=teacher,
            excluded=too_large("layers", teacher.weights, recipe.gates),
            student=False,
        )
    ]


def starting_point(recipe: Recipe, options: dict[str, Any], registry: Registry) -> Path:
    """The directory of the model whose layers the students are made of."""
    if options.get("student"):
        return registry.find_model(str(options["student"]))
    if recipe.teacher:
        return Path(recipe.teacher)
    return registry.find_model(recipe.base)


def copies(recipe: Recipe, place: int, registry: Registry) -> list[StepSpec]:
    """Steps that make copies for the students, where the recipe augments nothing.

    In most of them words give way to like ones, in the others they are masked; those that do not
    suit the task are left out.
    """
    if any(adds_copies(step, registry) for step in recipe.steps[:place]):
        return []
    task = registry.task(recipe.task)
    masked = {"copies": COPIES[recipe.effort]}
    near = {"model": recipe.base, "copies": NEIGHBOURS[recipe.effort]}
    return [
        StepSpec(kind=step[0], method=step[1], options=options)
        for step, options in ((NEIGHBOURING, near), (MASKING, masked))
        if step in registry.steps and registry.step(*step).fits(task)
    ]


def completed(after: list[StepSpec], registry: Registry) -> list[StepSpec]:
    """The steps after the student as they are given, and those that are missing."""
    given = {step.kind for step in after}
    pruned = "prune" in given or VOCABULARY not in registry.steps
    return [
        *([] if pruned else [StepSpec(kind="prune", method="vocabulary")]),
        *after,
        *([] if "export" in given else [StepSpec(kind="export", method="onnx")]),
        *([] if "quantize" in given else [StepSpec(kind="quantize", method="dynamic")]),
    ]


def shapes(
    recipe: Recipe, options: dict[str, Any], teacher: Shape, registry: Registry
) -> list[Shape]:
    """The shapes to try: depths up to what the effort allows, and narrower ones.

    Half of the neurons and heads are a step between two depths, which a budget of bytes or
    milliseconds asks for; unless the effort is thorough, only between one layer and two.
    """
    thorough = recipe.effort == "thorough"
    budgets = recipe.gates.max_size_mb is not None or recipe.gates.max_p50_ms is not None
    fields = registry.step(*SEARCHED).Options.model_fields
    narrow = "neurons" in fields and "neurons" not in options and (thorough or budgets)
    given = options.get("width") or options.get("attention_heads")
    of_heads = "attention_heads" in fields and not given
    found = []
    for layers in depths(recipe, options, teacher):
        full = replace(
            teacher,
            layers=layers,
            neurons=options.get("neurons") or teacher.neurons,
            width=options.get("width") or teacher.width,
            attention=(options.get("attention_heads") or teacher.whole_heads) / teacher.whole_heads,
            loses_heads=teacher.loses_heads and of_heads,
        )
        found.append(full)
        if narrow and (layers == 2 or thorough) and teacher.neurons > 1:
            found.append(full.narrow)
    return found


def depths(recipe: Recipe, options: dict[str, Any], teacher: Shape) -> list[int]:
    """How many layers students may have."""
    keep, depth = options.get("keep"), options.get("depth")
    if isinstance(keep, list):
        return [len(keep)]
    if isinstance(keep, int):
        return [keep]
    if isinstance(depth, int):
        return [depth]
    deepest = DEEPEST[recipe.effort] or teacher.layers
    return list(range(1, min(deepest, teacher.layers) + 1))


def chosen(shape: Shape, options: dict[str, Any], teacher: Shape) -> dict[str, Any]:
    """The options that make a student of this shape."""
    keep = options.get("keep")
    found: dict[str, Any] = {}
    if keep is None:
        found["keep"] = shape.layers
    elif keep == "auto":
        found["depth"] = shape.layers
    if shape.neurons != teacher.neurons:
        found["neurons"] = shape.neurons
    if shape.width != teacher.width:
        found["width"] = shape.width
    if shape.attention != teacher.attention:
        found["attention_heads"] = shape.left_heads
    return found


def with_tokens(after: list[StepSpec], shape: Shape, teacher: Shape) -> list[StepSpec]:
    """The steps after a student, its vocabulary no larger than the shape says."""
    if shape.vocabulary == teacher.vocabulary:
        return after
    return [
        step.model_copy(update={"options": {**step.options, "size": shape.vocabulary}})
        if (step.kind, step.method) == VOCABULARY
        else step
        for step in after
    ]
