"""Whether what a plugin provides makes sense, looked at as it is loaded.

What is wrong is the author's to mend, and is said to them here: a user who meets it later, in the
middle of a run, could not know.
"""

import importlib
import inspect
import re
import traceback
from pathlib import Path
from typing import Any

import pluggy
import pydantic

from edgeft import hookspecs
from edgeft.options import Options
from edgeft.tasks import Task

MARK = "edgeft_impl"
"""what `hookimpl` leaves at a function"""
NAME = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")
"""names stand in recipes and in the names of folders"""
NAMING = ("models", "files", "sources", "finetuners", "levers", "retains")
"""attributes of a step that name options"""
OTHERS = [Path(str(each.__file__)).parent for each in (hookspecs, importlib, pluggy, pydantic)]
"""where the lines of others stand, which are never the plugin's own"""
LISTS = (*NAMING, "needs", "splits", "suits")


def check_hooks(module: object) -> None:
    """Raise TypeError for a function that is called as a hook and would never be called."""
    for name in dir(module):
        if hasattr(hookspecs, name) and name.startswith("edgeft_"):
            function = getattr(module, name)
            if inspect.isfunction(function) and not hasattr(function, MARK):
                raise TypeError(f"{name} is no hook: it lacks @hookimpl")


def check_step(given: object, base: type) -> None:
    """Raise TypeError for what is no step of this kind, or contradicts itself."""
    if not (inspect.isclass(given) and issubclass(given, base)):
        raise TypeError(f"{given!r} is not a subclass of edgeft.plugin.{base.__name__}")
    cls: Any = given
    for attribute in ("name", "Options"):
        if not hasattr(cls, attribute):
            raise TypeError(f"{cls.__name__} has no `{attribute}`")
    check_name(cls)
    for attribute in LISTS:
        if isinstance(getattr(cls, attribute), str):
            raise TypeError(f"{cls.__name__}.{attribute} is a string and has to be a tuple of them")
    options: Any = cls.Options
    if not (inspect.isclass(options) and issubclass(options, Options)):
        raise TypeError(f"{cls.__name__}.Options is not a subclass of edgeft.plugin.Options")
    for attribute in (*NAMING, "of_base"):
        named = getattr(cls, attribute)
        for option in [named] * bool(named) if isinstance(named, str) else named:
            if option not in options.model_fields and not hasattr(options, option):
                raise TypeError(
                    f"{cls.__name__}.{attribute} names {option!r}, which is no option of it"
                )


def check_task(given: object) -> None:
    """Raise TypeError for what is no task."""
    if not (inspect.isclass(given) and issubclass(given, Task)):
        raise TypeError(f"{given!r} is not a subclass of edgeft.plugin.Task")
    if not hasattr(given, "name"):
        raise TypeError(f"{given.__name__} has no `name`")
    check_name(given)


def returned_by(hook: str, found: Any) -> list[Any]:
    """What a hook returned, as a list; raises TypeError where it is none."""
    try:
        return list(found)
    except TypeError as error:
        raise TypeError(f"{hook} returned {found!r:.60}, and not a list of classes") from error


def place_of(error: Exception) -> str:
    """The last line of the plugin itself that an error went through: ` (FILE, line N)`, or none."""
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith("<")
        and not any(Path(frame.filename).is_relative_to(each) for each in OTHERS)
    ]
    return f" ({own[-1].filename}, line {own[-1].lineno})" if own else ""


def check_name(cls: type[Any]) -> None:
    """Raise TypeError for a name that no recipe or folder could have."""
    if not (isinstance(cls.name, str) and NAME.fullmatch(cls.name)):
        raise TypeError(
            f"{cls.__name__} is called {cls.name!r}: a name has small letters, digits and single"
            " hyphens or underscores between them"
        )
