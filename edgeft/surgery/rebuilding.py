"""A model of the same class with a smaller configuration: what every cut ends in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from huggingface_hub.errors import StrictDataclassError
from torch import Tensor

from edgeft.errors import ModelError


def rebuilt(model: Any, config: Any, state: dict[str, Tensor]) -> Any:
    """A model of the same class with another configuration and the weights that go with it."""
    made = type(model)(config)
    made.load_state_dict(state, strict=True)
    return made


@contextmanager
def fitting(unfit: str, hint: str) -> Iterator[None]:
    """Raise ModelError, which begins with `unfit`, where sizes in the block are not for each other.

    Some architectures have parts whose sizes follow from more than what was cut.
    """
    try:
        yield
    except (RuntimeError, IndexError, KeyError, ValueError, StrictDataclassError) as error:
        raise ModelError(f"{unfit}: {complaint(error)}", hint=hint) from error


def complaint(error: Exception) -> str:
    """The first thing that is wrong, in one line; torch has a line of its own before it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[isinstance(error, RuntimeError) and len(lines) > 1] if lines else repr(error)
