"""Texts that say nothing: one letter over and over, or fingers that ran along a keyboard.

Only a long text that is nothing else is one: ASDF may be a product, 1111111111 an account, and
hahaha, 哈哈哈哈, ㅋㅋㅋㅋ and 5555 laugh.
"""

import re
import string

REPEATED = 10
"""times that a letter stands there"""
LAUGHS = frozenset("hjkwх")
"""letters that laugh by themselves: Chinese, Spanish, Brazilian, Japanese and Russian"""
ROWS = (
    "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiopü", "asdfghjklöä", "yxcvbnm", "azertyuiop",
    "qsdfghjklm", "wxcvbn", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю",
)  # fmt: skip
"""of English, German, French and Russian keyboards"""
ALONG = 4
"""keys that a finger runs along: in words it is three, but for the German wert"""
PIECES = {
    row[first:last]
    for each in ROWS
    for row in (each, each[::-1])
    for first in range(len(row))
    for last in range(first + ALONG, len(row) + 1)
}
RUNS = re.compile(f"(?=.{{7}})(?>{'|'.join(sorted(PIECES, key=len, reverse=True))})++")
"""pieces of rows, longer together than the words qwerty, qwertz and azerty"""
HOME = re.compile("[sdfghjkl]{8,}")
"""a word without a vowel, of the keys that lie under the fingers"""
FINGERS = 4
"""different letters that it has at least"""


def mash(text: str) -> str:
    """What a text that says nothing is made of, in a few words; empty for any other text."""
    text = text.casefold()
    signs = set(filter(str.isalnum, set(text)))
    if len(signs) == 1 and signs.isdisjoint(LAUGHS):
        (letter,) = signs
        times = text.count(letter)
        if times >= REPEATED and letter != letter.upper():  # other scripts, and digits, laugh
            return f"nothing but the letter {letter}, {times:,} times"
    word = text.strip(string.punctuation + string.whitespace)
    if RUNS.fullmatch(word) or (HOME.fullmatch(word) and len(set(word)) >= FINGERS):
        return "a run of keys of a keyboard"
    return ""
