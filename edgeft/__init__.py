"""Tiny, verified ONNX text models for the edge, distilled from your own few labelled texts."""

from typing import Any


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("edgeft")
    raise AttributeError(f"module 'edgeft' has no attribute {name!r}")
