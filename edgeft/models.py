"""Pretrained models: from a name to a directory, and what its files say without being loaded."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgeft.artifacts import is_bundle
from edgeft.errors import MissingPackage, ModelError, OutputError, first_line
from edgeft.writing import as_output_error

if TYPE_CHECKING:
    from tokenizers import Tokenizer

HUB_FILES = ["*.json", "*.safetensors", "*.txt", "*.model", "*.spm"]
GGUF = ".gguf"
STRANGE = 0.05
"""share of unknown tokens above which texts are not what a base was made for"""
BEGINNING = 5000
"""characters of a text that tell of these"""
MASK = "[MASK]"
"""what a masked word is called by a tokenizer that does not say"""


def find_model(source: str, find: Callable[[str], Path | None]) -> Path:
    """Turn `source` into a directory with config.json and safetensors weights.

    `find` asks the plugins. A hub id may name a revision: `org/name@revision`. A name that goes on
    with `#FILE.gguf` is that of a directory with this one file, which has config, weights and
    tokenizer. Raises ModelError.
    """
    source, file = named_file(source)
    found = find(source)
    if found is None and Path(source).is_dir():
        found = Path(source)
    if found is None:
        if source.startswith((".", "/", "~")) or source.count("/") > 1:
            raise ModelError(f"no model directory at {source}", hint="check the path")
        found = from_hub(source, [file] if file else HUB_FILES)
    if file and (found / file).is_file():
        return found
    if file:
        have = sorted(each.name for each in found.glob(f"*{GGUF}"))
        raise ModelError(
            f"{source} has no file {file}",
            hint=f"it has: {', '.join(have)}" if have else "check the name",
        )
    if not (found / "config.json").is_file():
        raise ModelError(
            f"{source} is no Hugging Face model: it has no config.json", hint="check the name"
        )
    if is_bundle(found):
        raise ModelError(
            f"{source} is a bundle, and there is nothing in it to train",
            hint="name the checkpoint that it was exported from",
        )
    if not any(found.glob("*.safetensors")):
        raise ModelError(
            f"{source} has no safetensors weights, and edgeft loads no pickle",
            hint="load it where you trust it and save_pretrained() it with transformers 5",
        )
    return found


def named_file(source: str) -> tuple[str, str]:
    """A model's name, and the GGUF file of it that is meant; an empty string where it is whole."""
    name, mark, file = source.rpartition("#")
    return (name, file) if mark and file.endswith(GGUF) else (source, "")


def from_hub(source: str, files: list[str]) -> Path:
    """Download what is needed of a hub model, or take it from the local cache."""
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.constants import HF_HUB_CACHE
        from huggingface_hub.errors import (
            GatedRepoError,
            HFValidationError,
            LocalEntryNotFoundError,
            OfflineModeIsEnabled,
            RepositoryNotFoundError,
            RevisionNotFoundError,
        )
    except ImportError as error:
        raise MissingPackage(
            f"model {source!r} needs huggingface_hub", hint="pip install 'edgeft[train]'"
        ) from error
    name, _, revision = source.partition("@")
    try:
        return Path(snapshot_download(name, revision=revision or None, allow_patterns=files))
    except (LocalEntryNotFoundError, OfflineModeIsEnabled, OSError) as error:
        if isinstance(mendable := as_output_error(error, Path(HF_HUB_CACHE)), OutputError):
            hint = "free some space there, or set HF_HOME to another place"
            raise OutputError(mendable.message, hint=hint) from error
        if isinstance(error, GatedRepoError):
            raise ModelError(
                f"model {source!r} is gated", hint="accept its terms, then: hf auth login"
            ) from error
        if isinstance(error, RepositoryNotFoundError | RevisionNotFoundError):
            raise ModelError(
                f"the hub knows no model {source!r}", hint="check its name and revision"
            ) from error
        raise ModelError(
            f"model {source!r} is no directory, and the hub cannot be reached",
            hint="connect, or download it elsewhere and name its directory",
        ) from error
    except HFValidationError as error:
        raise ModelError(
            f"{source!r} is neither a directory nor a hub id", hint="check it"
        ) from error


def mask_token(base: Path) -> str:
    """What a model directory's tokenizer calls a masked word; [MASK] where it does not say."""
    for name in ("tokenizer_config.json", "special_tokens_map.json"):
        token = read_object(base, name).get("mask_token")
        content = token.get("content") if isinstance(token, dict) else token
        if isinstance(content, str) and content:
            return content
    added = read_object(base, "tokenizer.json").get("added_tokens") or []
    special = [str(token["content"]) for token in added if token.get("special")]
    return next((content for content in special if "mask" in content.lower()), MASK)


def tokenizer_in(base: Path) -> "Tokenizer | None":
    """What a directory's tokenizer.json holds, that cuts and pads nothing; None if there is none.

    One that cannot be read counts as none.
    """
    from tokenizers import Tokenizer

    file = base / "tokenizer.json"
    if not file.is_file():
        return None
    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception:  # the library raises nothing narrower; a run names what is wrong with it
        return None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def unknown_share(base: Path, texts: Iterable[str]) -> float:
    """The share of tokens of texts for which a model directory's tokenizer has none of its own.

    Of a long text its beginning tells, for one that is a whole book would take minutes.
    0 where the tokenizer spells everything, in bytes if need be, or where there is none to read.
    """
    from edgeft.runtime.counts import unknown_id

    tokenizer = tokenizer_in(base)
    if tokenizer is None:
        return 0.0
    unknown = unknown_id(tokenizer)
    beginnings = [text[:BEGINNING] for text in texts]
    found = tokenizer.encode_batch(beginnings, add_special_tokens=False)
    tokens = sum(len(each.ids) for each in found)
    missing = sum(each.ids.count(unknown) for each in found) if unknown is not None else 0
    return missing / max(1, tokens)


def strange_texts(base: Path, name: str, texts: Iterable[str]) -> str | None:
    """What to say of texts that a base hardly has tokens for; None where it has."""
    share = unknown_share(base, texts)
    if share <= STRANGE:
        return None
    return (
        f"{100 * share:.0f} % of the tokens of the training texts are unknown to {name}: it was"
        " made for another language or script, and cannot read them. Start from a base that knows"
        " theirs"
    )


def read_object(folder: Path, name: str) -> dict[str, Any]:
    """The JSON object in a folder's file; empty where there is none."""
    try:
        found = json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def cut_weights(folder: Path, error: Exception) -> ModelError:
    """The error for weights that safetensors cannot read, which are cut off as a rule."""
    said = first_line(error)
    return ModelError(
        f"the weights in {folder} are not whole: {said}", hint="copy or make the model again"
    )
