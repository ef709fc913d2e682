"""What labels are called, and phrases around it, as options of steps."""

from typing import Annotated

from pydantic import AfterValidator, Field

Descriptions = Annotated[
    dict[str, str],
    Field(description="texts to take for the names of labels, such as {LABEL_0: a complaint}"),
]

TEMPLATES = ("{}", "this is about {}", "a text about {}", "a message about {}")


def with_a_place(template: str) -> str:
    """The template; raises ValueError for a phrase without a place for a name, or with others."""
    from edgeft.runtime.naming import has_a_place  # the runtime is too heavy for a door

    if not has_a_place(template):
        raise ValueError(f"the template {template!r} needs one {{}} for the name of a label")
    return template


Template = Annotated[str, AfterValidator(with_a_place)]
"""a phrase around a label's name, with {} in its place"""
