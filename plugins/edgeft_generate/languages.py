"""The languages that a translator's tokenizer knows, by the names that the model gives them."""

import warnings
from collections.abc import Iterable
from pathlib import Path

from transformers import AutoTokenizer, PreTrainedTokenizerBase

from edgeft.plugin import ModelError


def require_languages(folder: Path, codes: Iterable[str | None]) -> None:
    """Raise ModelError for a language that the tokenizer in a directory does not know.

    The tokenizer is loaded: some have their languages from transformers, and not from their files.
    """
    tokenizer = translating_tokenizer(folder)
    for code in codes:
        if code is not None:
            language_id(tokenizer, code, folder)


def translating_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """A translator's tokenizer, fast or not; raises ModelError where it has none."""
    try:
        with warnings.catch_warnings():  # Marian's works without sacremoses, which tidies marks
            warnings.filterwarnings("ignore", "Recommended: pip install sacremoses")
            return AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    except (OSError, ValueError, ImportError, TypeError) as error:
        raise ModelError(
            f"{folder} has no tokenizer that can be loaded: {str(error).partition(chr(10))[0]}",
            hint="put the tokenizer's files of the model beside its config.json",
        ) from error


def language_id(tokenizer: PreTrainedTokenizerBase, code: str, folder: Path) -> int:
    """The token that says which language is meant; raises ModelError for one that is not known."""
    for token in (code, f"__{code}__", f">>{code}<<"):
        found = tokenizer.convert_tokens_to_ids(token)
        if found is not None and found != tokenizer.unk_token_id:
            return int(found)
    raise ModelError(
        f"the tokenizer of {folder} knows no language {code!r}",
        hint="take a code that the model's page names, such as eng_Latn (NLLB), en_XX (mBART) or"
        " en (M2M100)",
    )
