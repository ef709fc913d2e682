"""Which operator set and file version an onnxruntime runs."""

from edgeft.plugin import PluginError

VERSIONS = {
    # onnxruntime: (newest operator set, newest IR version)
    (1, 17): (20, 9),
    (1, 18): (21, 10),
    (1, 19): (21, 10),
    (1, 20): (21, 10),
    (1, 21): (22, 10),
    (1, 22): (22, 10),
    (1, 23): (23, 11),
    (1, 24): (25, 13),
    (1, 26): (26, 13),
}
"""Found by loading one-node graphs of every version into each release from 1.19 on; 1.17 and 1.18
are from their release notes. A release that is not listed runs what the one before it does."""

NEWEST_TRACED = 20
"""the newest operator set that torch's tracing exporter writes"""


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
