"""Finds plugins by entry point, and looks a step up by its kind and name."""

import inspect
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, cast

import pluggy
from pydantic import ValidationError

from edgeft import hookspecs
from edgeft.complaints import own_default, suggestion, unfit_options
from edgeft.errors import PluginError
from edgeft.extras import require
from edgeft.models import find_model
from edgeft.options import Options
from edgeft.soundness import check_hooks, check_step, check_task, place_of, returned_by
from edgeft.steps import KINDS, Step
from edgeft.tasks import Task

GROUP = "edgeft"
SEARCH = ("distill", "auto")
"""the kind and method of a recipe's step whose student edgeft looks for itself: no plugin's"""
SEARCHING = "Try students of several sizes, and take the cheapest that keeps to gates and budgets."
"""what that step does"""
PYDANTICS = "For further information visit"
"""a line of its errors that tells nothing"""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Provided:
    """A plugin that works."""

    name: str
    distribution: str
    version: str


@dataclass(frozen=True)
class Broken:
    """A plugin that was set aside, and why."""

    name: str
    distribution: str
    reason: str


@dataclass
class Registry:
    """All that the installed plugins provide."""

    manager: pluggy.PluginManager
    plugins: list[Provided] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    steps: dict[tuple[str, str], type[Step[Any]]] = field(default_factory=dict)
    """every step by (kind, name), sorted"""
    tasks: dict[str, type[Task]] = field(default_factory=dict)

    def step(self, kind: str, name: str) -> type[Step[Any]]:
        """Look a step up; raises PluginError with the nearest name for one that is unknown."""
        try:
            return self.steps[kind, name]
        except KeyError:
            known = [known for of_kind, known in (*self.steps, SEARCH) if of_kind == kind]
            raise PluginError(
                f"unknown {KINDS[kind].__name__.lower()} {name!r}", hint=suggestion(name, known)
            ) from None

    def usable_step(self, kind: str, name: str) -> type[Step[Any]]:
        """Look a step up that can run here; raises MissingPackage as well."""
        cls = self.step(kind, name)
        require_packages(cls)
        return cls

    def require_finetuners(self, cls: type[Step[Any]], options: Options) -> None:
        """Look the finetuners up that a step's options name; raises as `usable_step` does."""
        for option in cls.finetuners:
            for name in options.named_by(option):
                self.usable_step("finetune", name)

    def task(self, name: str) -> Task:
        """Look a task up; raises PluginError with the nearest name for one that is unknown."""
        try:
            return self.tasks[name]()
        except KeyError:
            raise PluginError(
                f"unknown task {name!r}", hint=suggestion(name, list(self.tasks))
            ) from None

    def options(self, kind: str, name: str, values: dict[str, Any]) -> Options:
        """Check a step's options; raises PluginError naming the first that is wrong."""
        cls = self.step(kind, name)
        try:
            return cls.Options.model_validate(values)
        except ValidationError as error:
            first = error.errors()[0]["loc"][:1]
            if not {*first} & values.keys() and (wrong := own_default(cls.Options)):
                raise PluginError(
                    f"{kind} {name} refuses its own default of {wrong}",
                    hint=f"set it, and tell whoever wrote plugin {cls.plugin}",
                ) from error
            raise unfit_options(error, f"{kind} {name}", cls.Options, values) from error

    def dataset_source(self, source: str) -> Path | None:
        """The file or folder that a plugin knows under this name, or None."""
        found = self.manager.hook.edgeft_load_dataset(source=source)
        return cast("Path | None", found)

    def find_model(self, source: str) -> Path:
        """The directory of a pretrained model, by any name that a plugin or the hub knows."""
        return find_model(source, self.model_source)

    def model_source(self, source: str) -> Path | None:
        """The model directory that a plugin knows under this name, or None."""
        found = self.manager.hook.edgeft_resolve_model(source=source)
        return cast("Path | None", found)


def load_plugins(extra: Iterable[tuple[str, object]] = ()) -> Registry:
    """Load every installed plugin, and `extra` modules by name; broken ones are set aside."""
    manager = pluggy.PluginManager("edgeft")
    manager.add_hookspecs(hookspecs)
    registry = Registry(manager)
    found = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    for entry in found:
        distribution = entry.dist.name if entry.dist else ""
        plugin = Provided(entry.name, distribution, entry.dist.version if entry.dist else "")
        try:
            module = entry.load()
        except Exception as error:  # a stranger's module may raise anything
            set_aside(registry, plugin, error)
        else:
            add(registry, plugin, module)
    for name, module in extra:
        add(registry, Provided(name, "", ""), module)
    registry.steps = dict(sorted(registry.steps.items()))
    registry.tasks = dict(sorted(registry.tasks.items()))
    return registry


def add(registry: Registry, plugin: Provided, module: object) -> None:
    """Take in what one plugin provides, all or nothing; raises PluginError for a taken name."""
    if registry.manager.has_plugin(plugin.name):
        raise PluginError(f"two plugins are named {plugin.name!r}", hint="uninstall one of them")
    try:
        registry.manager.register(module, name=plugin.name)
        registry.manager.check_pending()
        check_hooks(module)
        steps, tasks = collect(registry, plugin.name, plugin.distribution)
    except PluginError:
        raise
    except Exception as error:  # a stranger's hooks may raise anything
        if registry.manager.has_plugin(plugin.name):
            registry.manager.unregister(name=plugin.name)
        set_aside(registry, plugin, error)
        return
    registry.steps.update(steps)
    registry.tasks.update(tasks)
    registry.plugins.append(plugin)


def set_aside(registry: Registry, plugin: Provided, error: Exception) -> None:
    """Go on without a broken plugin, with one warning."""
    lines = [each.strip() for each in str(error).splitlines() if PYDANTICS not in each]
    reason = f"{type(error).__name__}: {' '.join(lines)}{place_of(error)}"
    registry.broken.append(Broken(plugin.name, plugin.distribution, reason))
    log.warning("plugin %r is set aside: %s", plugin.name, reason)


def collect(
    registry: Registry, plugin: str, distribution: str
) -> tuple[dict[tuple[str, str], type[Step[Any]]], dict[str, type[Task]]]:
    """What one plugin's registration hooks return, checked for sense and for taken names."""
    steps: dict[tuple[str, str], type[Step[Any]]] = {}
    for kind, base in KINDS.items():
        for cls in returned(registry, f"edgeft_register_{base.__name__.lower()}s", plugin):
            check_step(cls, base)
            if (kind, cls.name) in steps:
                raise TypeError(f"two of its {kind} steps are called {cls.name!r}")
            refuse_twin(registry.steps.get((kind, cls.name)), f"{kind} {cls.name}", plugin)
            cls.plugin = plugin
            cls.distribution = distribution
            steps[kind, cls.name] = cls
    tasks: dict[str, type[Task]] = {}
    for cls in returned(registry, "edgeft_register_tasks", plugin):
        check_task(cls)
        refuse_twin(registry.tasks.get(cls.name), f"task {cls.name}", plugin)
        cls.plugin = plugin
        tasks[cls.name] = cls
    return steps, tasks


def returned(registry: Registry, hook: str, plugin: str) -> list[Any]:
    """The classes that one plugin's hook returns."""
    caller = getattr(registry.manager.hook, hook)
    for implementation in caller.get_hookimpls():
        if implementation.plugin_name == plugin:
            return returned_by(hook, implementation.function())
    return []


def refuse_twin(taken: Any, what: str, plugin: str) -> None:
    """Raise PluginError where another plugin has that name already."""
    if taken is not None:
        raise PluginError(
            f"{what} is provided twice: by plugin {taken.plugin!r} and by {plugin!r}",
            hint=f"uninstall {plugin}, or give what it provides another name",
        )


def require_packages(cls: type[Step[Any]]) -> None:
    """Raise MissingPackage for the first module that a step needs and that cannot be imported."""
    for module in cls.needs:
        require(module, f"{KINDS[cls.kind].__name__.lower()} {cls.name!r}")


def summary(cls: type) -> str:
    """The first line of a class's docstring."""
    return (inspect.getdoc(cls) or "").partition("\n")[0]
