"""Which packages come with which extra, so that one that is missing is named with its remedy."""

import importlib.util

from edgeft.errors import MissingPackage

TRAIN = {
    "accelerate",
    "datasets",
    "huggingface_hub",
    "matplotlib",
    "onnx",
    "onnxscript",
    "peft",
    "pyarrow",
    "safetensors",
    "sklearn",
    "torch",
    "transformers",
}
"""Modules that come with the extra `edgeft[train]`."""
OTHERS = {
    "gguf": "generate",
    "openai": "generate",
    "opacus": "private",
    "sentencepiece": "generate",
}
"""Modules that come with another extra, and which."""


def extra_of(module: str) -> str:
    """The extra that a module comes with; `train` for one that is nobody's."""
    return OTHERS.get(module, "train")


def remedy(module: str) -> str:
    """What installs a module."""
    return f"pip install 'edgeft[{extra_of(module)}]'"


def require(module: str, what: str) -> None:
    """Raise MissingPackage where a module cannot be imported that `what` needs."""
    if importlib.util.find_spec(module) is None:
        raise MissingPackage(f"{what} needs {module}", hint=remedy(module))
