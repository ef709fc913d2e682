"""What a label is called, in words."""


def has_a_place(template: str) -> bool:
    """Whether a phrase has one {} for a label's name, and no other braces."""
    return all(template.count(each) == 1 for each in ("{}", "{", "}"))


def readable(label: str) -> str:
    """A label's name as words: card_arrival and cardArrival say "card arrival"."""
    spaced = "".join(
        f" {each}" if each.isupper() and before.islower() else each
        for before, each in zip(f" {label}", label, strict=False)
    )
    return " ".join(spaced.replace("_", " ").replace("-", " ").split())
