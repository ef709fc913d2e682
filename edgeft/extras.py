"""Which packages come with which extra, so that one that is missing is named with its remedy."""

import importlib.util

from edgeft.errors import MissingPackage

TRAIN = {
    "accelerate",
    "cleanlab",
    "datasets",
    "filelock",
    "huggingface_hub",
    "matplotlib",
    "onnx",
    "onnxscript",
    "peft",
    "py3langid",
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


def remedy(module: str) -> str:
    """What installs a module: an extra of edgeft, or a package that edgeft cannot name."""
    extra = "train" if module in TRAIN else OTHERS.get(module)
    return f"pip install 'edgeft[{extra}]'" if extra else f"install the package that has {module}"


def require(module: str, what: str) -> None:
    """Raise MissingPackage where a module cannot be imported that `what` needs."""
    if importlib.util.find_spec(module) is None:
        raise MissingPackage(f"{what} needs {module}", hint=remedy(module))
