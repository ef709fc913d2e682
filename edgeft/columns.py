"""How much room a text takes in a terminal, where Chinese characters are two columns wide."""

from unicodedata import category, east_asian_width


def columns_of(text: str) -> int:
    """The columns of a text: two for a wide character, none for a mark on the one before it."""
    if text.isascii():
        return len(text)
    return sum(
        0 if category(each) in ("Mn", "Me") else 2 if east_asian_width(each) in "WF" else 1
        for each in text
    )


def padded(text: str, width: int) -> str:
    """The text with blanks after it, `width` columns wide at least."""
    return text + " " * (width - columns_of(text))
