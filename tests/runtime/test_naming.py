"""Names of labels are read as words, in whichever way they are joined."""

import pytest

from edgeft.runtime.naming import readable


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("card_arrival", "card arrival"),
        ("card-arrival", "card arrival"),
        ("cardArrival", "card arrival"),
        ("CardArrival", "Card arrival"),
        ("Card Arrival", "Card Arrival"),
        ("vitaminC", "vitamin C"),
        ("ATM_fee", "ATM fee"),
        ("ATMSupport", "ATM support"),
        ("supportOfATM", "support of ATM"),
        ("ATM", "ATM"),
        ("IDs", "IDs"),
        ("lostIDsFound", "lost IDs found"),
        ("НоваяКарта", "Новая карта"),
        ("信用卡", "信用卡"),
        ("_", ""),
        ("", ""),
    ],
)
def test_label_names_are_read_as_words(label: str, words: str) -> None:
    assert readable(label) == words
