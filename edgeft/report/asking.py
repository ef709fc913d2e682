"""How a bundle is asked, in Python and on the command line, by example."""

from edgeft.manifests import Decoding

Example = tuple[str, ...]
"""one text, or two that are read together"""


def examples(decoding: Decoding) -> tuple[Example, Example]:
    """Two inputs of a bundle as its decoding wants them."""
    if decoding.pairs:
        return ("a text", "its second text"), ("another", "and its second text")
    if decoding.function == "relation":
        return ("the <e1>ring</e1> is made of <e2>gold</e2>",), (
            "a <e2>house</e2> has a <e1>door</e1>",
        )
    if decoding.function == "mask":
        return ("the sky is [MASK]",), ("the grass is [MASK]",)
    return ("a text",), ("another",)


def in_python(example: Example) -> str:
    """An input as Python writes it: a string, or a tuple of two."""
    quoted = ", ".join(f'"{text}"' for text in example)
    return quoted if len(example) == 1 else f"({quoted})"


def in_shell(example: Example) -> str:
    """An input as `edgeft predict` takes it: one word, or two."""
    return " ".join(f'"{text}"' for text in example)
