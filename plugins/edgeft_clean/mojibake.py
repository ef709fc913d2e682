"""Texts that were read in another encoding than they are in, which anybody sees who reads them."""

from edgeft_clean.code_pages import read_in_a_code_page
from edgeft_clean.upper_half import read_as_accents
from edgeft_clean.western import read_as_western


def is_mojibake(text: str) -> bool:
    """Whether some signs of a text are other ones whose bytes were read in a wrong encoding."""
    if text.isascii():
        return False
    return read_as_western(text) or read_in_a_code_page(text) or read_as_accents(text)
