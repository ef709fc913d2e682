"""The circumstances that a step runs under: where it writes, on what, and whom it may ask."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from edgeft.errors import PluginError
from edgeft.options import Gates
from edgeft.progress import Progress, Silence
from edgeft.tasks import Task

if TYPE_CHECKING:
    from edgeft.steps import Step

Device = Literal["auto", "cpu", "cuda"]


def find_no_step(kind: str, name: str) -> "type[Step[Any]]":
    """The default `find_step`: knows no plugins, so it raises PluginError."""
    raise PluginError(
        f"no plugins are loaded to {kind} with {name!r}", hint="set Context.find_step"
    )


def find_no_data(name: str) -> Path | None:
    """The default `find_data`: knows no samples, so always None."""
    return None


@dataclass(frozen=True)
class Context:
    """The circumstances of one step."""

    out: Path
    """where the step's artifact will stand"""
    task: Task
    seed: int = 0
    device: Device = "auto"
    threads: int | None = None
    """threads to compute with; None for as many as this process may use"""
    timed_threads: int = 1
    """threads of whatever is timed to be chosen: the `bench.threads` that a run is judged with"""
    gates: Gates = field(default_factory=Gates)
    force: bool = False
    """whether `out` may be replaced"""
    progress: Progress = field(default_factory=Silence)
    cache: Path | None = None
    """a directory of results that other steps and runs may reuse, such as teacher logits"""
    find_model: Callable[[str], Path] = Path
    """turns the name of a pretrained model into its directory, plugins' names included"""
    find_data: Callable[[str], Path | None] = find_no_data
    """turns the name of a plugin's sample data into its file or folder; None for another name"""
    find_step: Callable[[str, str], "type[Step[Any]]"] = find_no_step
    """turns the kind and name of a step into its class, for one that measures what another makes"""
    fingerprint: str = ""
    """hash of all that goes into this step: what it leaves behind can be trusted if equal"""

    @property
    def scratch(self) -> Path:
        """A directory that survives an interruption, for resuming; gone when the step is done."""
        return self.out.with_name(f".{self.out.name}.scratch")

    def at(self, out: Path, **changes: Any) -> Self:
        """The same circumstances, writing elsewhere."""
        return replace(self, out=out, **changes)
