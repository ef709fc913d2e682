"""Texts in a language that hardly any other is in.

By py3langid, a naive Bayes classifier of runs of bytes for 142 languages (Lui and Baldwin 2012,
langid.py, https://aclanthology.org/P12-3005). It knows nothing of a text of two words, and takes
names for the language that they come from: only texts with a few words in lower case are asked
about, and only what is far likelier than every usual language is believed.
"""

import re
from collections import Counter
from collections.abc import Iterator

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from edgeft.data.units import NO_SPACES, ON_LETTERS
from edgeft_clean.findings import Finding
from edgeft_clean.rows import Rows
from edgeft_clean.texts import FEW

WORD = re.compile(rf"[^\W\d_{NO_SPACES}](?:[^\W\d_{NO_SPACES}]|[{ON_LETTERS}])+")
ALONE = re.compile(f"[{NO_SPACES}]")
NO_WORDS = re.compile(r"\S*[@/\\#_]\S*")
"""addresses, paths, handles: no language"""
FEWEST = 3
"""words that are no names, for a text to have a language"""
CHARACTERS = 6
"""of scripts that put no spaces between words, which make three words"""
READ = 500
"""characters that tell the language of a long text"""
SURE = 0.5
"""least probability of another language"""
TIMES = 20.0
"""which it has for one of the likeliest usual language"""


def languages(rows: Rows) -> Iterator[Finding]:
    """Texts that are surely in another language than the usual ones, which 2 % of the texts are in.

    How sure is sure enough was chosen on Banking77 with 50 Spanish, German and French texts of 4 to
    14 words among its 10,003: those 50 are named, and no other.
    """
    readable = {place: text for place in range(len(rows)) if (text := in_words(rows.text(place)))}
    model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    told = {place: model.classify(text) for place, text in readable.items()}
    counts = Counter(language for language, _ in told.values())
    usual = {name for name, count in counts.items() if count >= FEW * len(readable)}
    for place, (language, probability) in told.items():
        if language in usual or probability < SURE:
            continue
        ranked = model.rank(readable[place])
        expected = max((each for name, each in ranked if name in usual), default=0.0)
        if probability >= TIMES * expected:
            share = counts[language] / len(readable)
            why = (
                f"in the language {language!r} with probability {probability:.2f}, as {share:.2%}"
                " of the texts are"
            )
            yield Finding(rows.ids[place], "language", "medium", why, score=probability)


def in_words(text: str) -> str:
    """What of a text may tell its language; empty where it has too few words that are no names."""
    start = NO_WORDS.sub(" ", text[:READ])
    words = WORD.findall(start)
    if not start.isupper():
        words = [word for word in words if not word[0].isupper()]
    found = len(words) + FEWEST * len(ALONE.findall(start)) // CHARACTERS
    return start if found >= FEWEST else ""
