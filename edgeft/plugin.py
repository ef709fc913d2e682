"""Everything that the door of a plugin imports.

A door is a package's `__init__.py`: names, options, docstrings and hooks, nothing heavy. The
workshop behind it (the module that a step's `run` imports) may use `edgeft.architectures`,
`edgeft.data`, `edgeft.distillation`, `edgeft.evaluation`, `edgeft.gates`, `edgeft.graphs`,
`edgeft.intervals`, `edgeft.probing`, `edgeft.processes`, `edgeft.progress`, `edgeft.quantization`,
`edgeft.runtime`, `edgeft.surgery`, `edgeft.tasks` and `edgeft.training` as well.
"""

from pydantic import Field, field_validator, model_validator

from edgeft.artifacts import Bundle, Checkpoint, Dataset, Draft
from edgeft.context import Context
from edgeft.distillation import DistillationOptions
from edgeft.errors import (
    BundleError,
    DataError,
    EdgeftError,
    GateError,
    MissingPackage,
    ModelError,
    OutputError,
    PluginError,
    TrainingError,
    first_line,
)
from edgeft.extras import require
from edgeft.hookspecs import hookimpl
from edgeft.manifests import Decoding, Record, Variant
from edgeft.models import mask_token
from edgeft.options import Gates, Options
from edgeft.probing import HeadOptions
from edgeft.steps import Augmenter, Cleaner, Distiller, Exporter, Finetuner, Pruner, Quantizer, Step
from edgeft.tasks import Scores, Task
from edgeft.training import Cutoff, OptimizerOptions, TrainingOptions

__all__ = [
    "Augmenter",
    "Bundle",
    "BundleError",
    "Checkpoint",
    "Cleaner",
    "Context",
    "Cutoff",
    "DataError",
    "Dataset",
    "Decoding",
    "DistillationOptions",
    "Distiller",
    "Draft",
    "EdgeftError",
    "Exporter",
    "Field",
    "Finetuner",
    "GateError",
    "Gates",
    "HeadOptions",
    "MissingPackage",
    "ModelError",
    "OptimizerOptions",
    "Options",
    "OutputError",
    "PluginError",
    "Pruner",
    "Quantizer",
    "Record",
    "Scores",
    "Step",
    "Task",
    "TrainingError",
    "TrainingOptions",
    "Variant",
    "field_validator",
    "first_line",
    "hookimpl",
    "mask_token",
    "model_validator",
    "require",
]
