"""The texts that a bundle is timed on where the user names none: those that it carries."""

import json
from pathlib import Path

from edgeft.errors import BundleError
from edgeft.runtime.golden import GOLDEN, ODD, given_of
from edgeft.runtime.tokenization import Given


def golden_texts(bundle: Path) -> list[Given]:
    """The real texts of a bundle's golden file, without the odd ones that only test tokenizers.

    Raises BundleError where there are none.
    """
    try:
        golden = json.loads((bundle / GOLDEN).read_text(encoding="utf-8"))
        asked = [given_of(each["text"]) for each in golden["texts"]]
        texts = [given for given in asked if not is_odd(given)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BundleError(
            f"{bundle / GOLDEN} cannot be read: {error}", hint="name texts: --texts FILE"
        ) from error
    if not texts:
        raise BundleError(f"{bundle / GOLDEN} holds no texts", hint="name texts: --texts FILE")
    return texts


def is_odd(given: Given) -> bool:
    """Whether a text, or both of two, are there to trip a tokenizer up."""
    return given in ODD if isinstance(given, str) else all(text in ODD for text in given)
