"""Loads pretrained models of any kind that transformers has, quietly and without their code."""

from contextlib import nullcontext, redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from edgeft.errors import ModelError, first_line
from edgeft.models import cut_weights
from edgeft.quiet import quiet


def load_pretrained(kind: Any, folder: Path, **more: Any) -> Any:
    """A model of an auto class, such as AutoModelForMaskedLM, from a directory: float32.

    Weights come from safetensors, or from the file that `gguf_file` among `more` names; with
    `output_loading_info` what transformers tells of them comes with the model. Raises ModelError
    where the directory does not hold such a model.
    """
    gguf = "gguf_file" in more
    if not gguf:
        more["use_safetensors"] = True
    try:
        # a GGUF file is unpacked under a bar that nothing else switches off
        with quiet(), redirect_stderr(StringIO()) if gguf else nullcontext():
            return kind.from_pretrained(
                folder, trust_remote_code=False, dtype=torch.float32, **more
            )
    except SafetensorError as error:
        raise cut_weights(folder, error) from error
    except (OSError, ValueError, KeyError, ImportError) as error:
        what = kind.__name__.removeprefix("AutoModelFor")
        said = first_line(error)
        raise ModelError(
            f"{folder} cannot be loaded as a model for {what}: {said}",
            hint="name a model of that kind, saved by transformers with safetensors",
        ) from error
