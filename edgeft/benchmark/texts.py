"""The texts that a bundle is timed on where the user names none: those that it carries."""

import json
from pathlib import Path

from edgeft.errors import BundleError
from edgeft.runtime.golden import GOLDEN, ODD


def golden_texts(bundle: Path) -> list[str]:
    """The real texts of a bundle's golden file, without the odd ones that only test tokenizers.

    Raises BundleError where there are none.
    """
    try:
        golden = json.loads((bundle / GOLDEN).read_text(encoding="utf-8"))
        texts = [str(each["text"]) for each in golden["texts"] if each["text"] not in ODD]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BundleError(
            f"{bundle / GOLDEN} cannot be read: {error}", hint="name texts: --texts FILE"
        ) from error
    if not texts:
        raise BundleError(f"{bundle / GOLDEN} holds no texts", hint="name texts: --texts FILE")
    return texts
