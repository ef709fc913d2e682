"""What a student of some shape is called, and what a reader is told of it."""

from edgeft.surgery.shapes import Shape


def name_of(shape: Shape, teacher: Shape) -> str:
    """The name of a candidate's directory: layers-2, layers-2-neurons-768-heads-6."""
    narrow = f"-neurons-{shape.neurons}" if shape.neurons != teacher.neurons else ""
    heads = f"-heads-{shape.left_heads}" if shape.attention != teacher.attention else ""
    width = f"-width-{shape.width}" if shape.width != teacher.width else ""
    tokens = f"-tokens-{shape.vocabulary}" if shape.vocabulary != teacher.vocabulary else ""
    return f"layers-{shape.layers}{narrow}{heads}{width}{tokens}"


def described(shape: Shape, teacher: Shape) -> str:
    """What a candidate is, for a reader."""
    found = f"{shape.layers} of {teacher.layers} layers"
    if shape.neurons != teacher.neurons:
        found += f", {shape.neurons} of {teacher.neurons} neurons in each"
    if shape.attention != teacher.attention:
        found += f", {shape.left_heads} of {teacher.whole_heads} heads"
    if shape.width != teacher.width:
        found += f", {shape.width} of {teacher.width} hidden dimensions"
    if shape.vocabulary != teacher.vocabulary:
        found += f", at most {shape.vocabulary:,} of {teacher.vocabulary:,} tokens"
    return found
