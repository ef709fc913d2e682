"""Phrases around the name of a label, as options."""

from typing import Annotated

from pydantic import AfterValidator

TEMPLATES = ("{}", "this is about {}", "a text about {}", "a message about {}")


def with_a_place(template: str) -> str:
    """The template; raises ValueError for a phrase without a place for a name, or with others."""
    if not all(template.count(each) == 1 for each in ("{}", "{", "}")):
        raise ValueError(f"the template {template!r} needs one {{}} for the name of a label")
    return template


Template = Annotated[str, AfterValidator(with_a_place)]
"""a phrase around a label's name, with {} in its place"""
