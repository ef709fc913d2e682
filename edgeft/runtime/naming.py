"""What a label is called, in words."""


def has_a_place(template: str) -> bool:
    """Whether a phrase has one {} for a label's name, and no other braces."""
    return all(template.count(each) == 1 for each in ("{}", "{", "}"))


def readable(label: str) -> str:
    """A label's name as words: card_arrival and cardArrival say "card arrival".

    Acronyms keep their capitals: ATMSupport says "ATM support".
    """
    spaced = ""
    for place, letter in enumerate(label):
        if begins_word(label, place):
            inside = label[place + 1 : place + 2].islower()
            spaced += f" {letter.lower() if inside else letter}"
        else:
            spaced += letter
    return " ".join(spaced.replace("_", " ").replace("-", " ").split())


def begins_word(label: str, place: int) -> bool:
    """Whether a capital begins a word, with no blank or the like before it.

    It does after a small letter. After a capital it does where two small letters follow, so that
    the plural IDs stays one word.
    """
    before, after = label[place - 1 : place], label[place + 1 : place + 3]
    two_small = len(after) == 2 and after.isalpha() and after.islower()
    return label[place].isupper() and (before.islower() or (before.isupper() and two_small))
