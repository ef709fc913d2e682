"""Which operator set and file version an onnxruntime runs."""

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


def oldest_onnxruntime(opset: int, ir_version: int) -> str:
    """The oldest release of the table that runs a graph, such as "1.17"; empty where none does."""
    for (major, minor), (newest_opset, newest_ir) in sorted(VERSIONS.items()):
        if opset <= newest_opset and ir_version <= newest_ir:
            return f"{major}.{minor}"
    return ""
