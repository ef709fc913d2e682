"""The texts that a bundle is timed on where the user names none: those that it carries."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edgeft.errors import BundleError
from edgeft.runtime.given import Given
from edgeft.runtime.golden import GOLDEN, ODD, given_of
from edgeft.runtime.manifest import read_manifest
from edgeft.runtime.marking import is_marked
from edgeft.runtime.masks import mask_places

ASKABLE: dict[str, Callable[[Any], object]] = {"relation": is_marked, "mask": mask_places}
"""decodings of bundles that can be asked about some texts only, and which"""


def golden_texts(bundle: Path) -> list[Given]:
    """The real texts of a bundle's golden file, without the odd ones that only test tokenizers.

    Texts without what a bundle is asked about, such as a hidden word, are odd too. Raises
    BundleError where there are none.
    """
    askable = ASKABLE.get(read_manifest(bundle).decoding.function, lambda _: True)
    try:
        golden = json.loads((bundle / GOLDEN).read_text(encoding="utf-8"))
        asked = [given_of(each["text"]) for each in golden["texts"]]
        texts = [given for given in asked if not is_odd(given) and askable(given)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BundleError(
            f"{bundle / GOLDEN} cannot be read: {error}", hint="name texts: --file FILE"
        ) from error
    if not texts:
        raise BundleError(f"{bundle / GOLDEN} holds no texts", hint="name texts: --file FILE")
    return texts


def is_odd(given: Given) -> bool:
    """Whether a text, or both of two, are there to trip a tokenizer up."""
    return given in ODD if isinstance(given, str) else all(text in ODD for text in given)
