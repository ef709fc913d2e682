"""Which operator set and file version an onnxruntime runs."""

from collections.abc import Iterable

from edgeft.plugin import PluginError
from edgeft.runtime.versions import VERSIONS
from edgeft_onnx.rewrites import APPROXIMATE, REWRITES

NEWEST_TRACED = 20
"""the newest operator set that torch's tracing exporter writes"""

TRIED = [*REWRITES, *APPROXIMATE]
"""all rewrites in the order in which they find most: some leave others nothing that they know"""

NEWER = {"attention": (1, 20), "unpadded": (1, 20)}
"""rewrites by the oldest onnxruntime that was seen to answer as the newest does"""


def runnable(rewrites: Iterable[str], onnxruntime: str) -> list[str]:
    """The rewrites that an onnxruntime such as "1.20" runs, each once, in the order of `TRIED`."""
    major, minor = (int(part) for part in onnxruntime.split("."))
    return [
        each
        for each in sorted(set(rewrites), key=TRIED.index)
        if NEWER.get(each, (major, minor)) <= (major, minor)
    ]


def supported(onnxruntime: str) -> tuple[int, int]:
    """The newest operator set and IR version that an onnxruntime such as "1.20" runs.

    Raises PluginError for one that is older than any in the table.
    """
    major, minor = (int(part) for part in onnxruntime.split("."))
    known = [version for version in VERSIONS if version <= (major, minor)]
    if not known:
        oldest = ".".join(map(str, min(VERSIONS)))
        raise PluginError(
            f"export onnx: minimum_onnxruntime {onnxruntime} is too old",
            hint=f"{oldest} is the oldest that can be promised",
        )
    return VERSIONS[max(known)]


def choose_opset(asked: int | None, onnxruntime: str) -> tuple[int, int]:
    """The operator set and IR version to write for an oldest onnxruntime.

    Raises PluginError where the set that was asked for is newer than it runs.
    """
    newest, ir_version = supported(onnxruntime)
    if asked is not None and asked > newest:
        raise PluginError(
            f"export onnx: onnxruntime {onnxruntime} runs operator sets up to {newest},"
            f" not {asked}",
            hint="lower opset, or raise minimum_onnxruntime",
        )
    return asked or min(newest, NEWEST_TRACED), ir_version
