"""The command that looks into a bundle."""

from typing import TYPE_CHECKING

import typer

from edgeft.cli.options import BundleArgument, JsonOption
from edgeft.cli.results import show_json, show_table, size

if TYPE_CHECKING:
    from collections.abc import Sized

    from edgeft.inspection import GraphInspection, Inspection, Tensor

COMMON = 8
"""operations that are listed one by one"""


def inspect(bundle: BundleArgument, as_json: JsonOption = False) -> None:
    """Show a bundle's graphs: operators, sizes, what can run them.

    The exit code is 1 where a file is missing, or not as it was written.
    """
    from edgeft.errors import BundleError
    from edgeft.inspection import inspect_bundle
    from edgeft.runtime.manifest import WHOLE

    found = inspect_bundle(bundle)
    if as_json:
        show_json(found.model_dump(mode="json"))
    else:
        show_bundle(found)
    if found.complaints:
        first, *others = found.complaints
        more = f" (and {len(others)} more)" if others else ""
        raise BundleError(first + more, hint=WHOLE)


def show_bundle(found: "Inspection") -> None:
    """Print what a bundle is, its files, and each of its graphs."""
    labels = ", ".join(found.labels[:COMMON]) + more(found.labels)
    typer.echo(f"{found.path}: {found.task}, {size(found.size_bytes)}")
    show_table(
        [
            ("answers", found.answers)
            if found.answers
            else ("labels", f"{len(found.labels)}: {labels}"),
            *([("thresholds", some(found.thresholds))] if found.thresholds else []),
            ("tokens", f"at most {found.max_length} a text"),
            ("loads", f"{found.chosen}, unless told otherwise"),
            *((name, size(count)) for name, count in found.files.items()),
        ],
        indent="  ",
    )
    for name, graph in found.variants.items():
        typer.echo("")
        show_graph(name, graph)


def some(thresholds: "dict[str, float]") -> str:
    """The first of some thresholds, each with its label."""
    shown = [f"{label} {at:g}" for label, at in list(thresholds.items())[:COMMON]]
    return ", ".join(shown) + more(thresholds)


def more(of: "Sized") -> str:
    """What stands for those that are not shown, if there are any."""
    return ", ..." if len(of) > COMMON else ""


def show_graph(name: str, graph: "GraphInspection") -> None:
    """Print one graph: what it takes and gives, what it is made of, what runs it."""
    ops = list(graph.ops.items())
    common = ", ".join(f"{op} {count}" for op, count in ops[:COMMON])
    rest = f", {len(ops) - COMMON} kinds more" if len(ops) > COMMON else ""
    oldest = f"onnxruntime {graph.oldest_onnxruntime} or newer" if graph.oldest_onnxruntime else "-"
    typer.echo(f"{name}: {graph.file}, {graph.kind}, {size(graph.size_bytes)}")
    show_table(
        [
            ("takes", ports(graph.inputs)),
            ("gives", ports(graph.outputs)),
            ("parameters", f"{graph.parameters:,}"),
            ("weights", ", ".join(f"{kind} {size(n)}" for kind, n in graph.weight_types.items())),
            *((part, share(count, graph)) for part, count in graph.parts.items() if count),
            ("operations", f"{graph.nodes}: {common}{rest}"),
            ("opset", f"{graph.opset}, IR version {graph.ir_version}, by {graph.producer}"),
            ("runs on", oldest),
            *([("assumes", graph.cpu)] if graph.cpu else []),
            *(("note", note) for note in graph.notes),
        ],
        indent="  ",
    )


def ports(tensors: "list[Tensor]") -> str:
    """Inputs or outputs, such as `input_ids int64[batch, tokens]`."""
    return ", ".join(
        f"{each.name} {each.type}[{', '.join(map(str, each.shape))}]" for each in tensors
    )


def share(count: int, graph: "GraphInspection") -> str:
    """Bytes of a part of the model, and their share of all weights."""
    return f"{size(count)}, {count / max(1, sum(graph.parts.values())):.0%}"
