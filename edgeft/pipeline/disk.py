"""How much of a disk a run takes: what its steps leave behind, and what they need meanwhile."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edgeft.errors import ModelError
from edgeft.steps import Distiller

if TYPE_CHECKING:
    from edgeft.pipeline.nodes import Node

CHECKPOINT = 3
"""weights and two moments of AdamW, in sizes of the weights"""
CHECKPOINTS = 3
"""that a training has at once: the best one, the last one, and the next being written. Measured on
MiniLM (91 MB; 44 MB without the rows of its table that no text needs): 400 MB"""
GRAPHS = 9
"""sizes of a model that an export tries: captures and rewrites, each as fp32 and int8"""
QUANTIZED = 1.6
"""size of a model's fp32 graph and its int8 graphs together, one with int4 tables, and with weights
of four bits where a budget asks for these"""
LEFT = {"finetune": 1.0, "distill": 1.0, "prune": 1.0, "export": 1.0, "quantize": QUANTIZED}
"""what a step leaves, in sizes of the model that it makes"""
DELIVERED = {"export": 1.0, "quantize": QUANTIZED}
"""what a run copies to `bundle/`"""


def disk_use(base: Path, students: Sequence[Sequence["Node"]]) -> tuple[int, int]:
    """Bytes that nodes take at most while they are made one after the other, and that they leave.

    `students` are the nodes of each student that is made, the first of them with all that the
    others share. What is cached takes nothing. Vocabularies count whole, though trainings and
    pruners leave out tokens that no text has.
    """
    weights = sum(file.stat().st_size for file in base.glob("*.safetensors"))
    left = most = bundle = 0.0
    for nodes in students:
        own = float(weights)
        for node in nodes:
            share = student_share(base, node)
            own = own if share is None else weights * share
            if not node.cached:
                made = own * LEFT.get(node.kind, 0.0)
                most = max(most, left + made + own * scratch(node))
                left += made
                bundle = max(bundle, own * DELIVERED.get(node.kind, 0.0))
    left += bundle
    return int(max(most, left)), int(left)


def scratch(node: "Node") -> float:
    """What a step needs beside its result until it is done, in sizes of the model it makes."""
    if node.cls is not None and node.cls.trains(node.options):
        return CHECKPOINT * CHECKPOINTS
    return {"export": GRAPHS, "quantize": 1.0}.get(node.kind, 0.0)


def student_share(base: Path, node: "Node") -> float | None:
    """The size of a student over its base's; None where nothing tells, and for no student."""
    if node.cls is None or not issubclass(node.cls, Distiller):
        return None
    try:
        found = node.cls.share(node.options, base)
    except ModelError:
        return None
    return None if found is None else min(1.0, found)


def bytes_free(path: Path) -> int:
    """What is left on the disk that holds, or would hold, a path."""
    return shutil.disk_usage(directory_of(path)).free


def directory_of(path: Path) -> Path:
    """A directory itself, or the nearest one above what is not there yet."""
    path = path.absolute()
    while not path.is_dir():
        path = path.parent
    return path
