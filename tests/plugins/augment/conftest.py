"""A WordNet of a few words, for what replaces words by synonyms."""

from pathlib import Path

import pytest

from edgeft_augment.synonyms import PARTS

HEADER = "  1 a licence, which every file of WordNet begins with\n"
SYNSETS = {
    "noun": [
        ("n", ["card", "plastic_card"]),
        ("n", ["card", "wag", "wit"]),
        ("n", ["help", "aid"]),
        ("n", ["fee"]),
    ],
    "verb": [("v", ["help", "assist", "aid"])],
    "adj": [("a", ["new(p)", "fresh"])],
    "adv": [],
}
INDEX = {
    # lemma: part, tagged senses, its synsets in order of frequency
    "noun": {
        "card": (2, [0, 1]),
        "help": (1, [2]),
        "fee": (1, [3]),
        "it": (9, [1]),
        "ok": (0, [1]),
    },
    "verb": {"help": (5, [0])},
    "adj": {"new": (3, [0])},
    "adv": {},
}


@pytest.fixture
def wordnet(tmp_path: Path) -> Path:
    """A WordNet of a few words, in the files of wndb(5WN)."""
    folder = tmp_path / "wordnet"
    folder.mkdir()
    for part in PARTS:
        written, offsets = HEADER, []
        for kind, words in SYNSETS[part]:
            offsets.append(len(written.encode()))
            fields = " ".join(f"{word} {number:x}" for number, word in enumerate(words))
            written += f"{offsets[-1]:08d} 03 {kind} {len(words):02x} {fields} 000 | a gloss  \n"
        (folder / f"data.{part}").write_text(written, encoding="utf-8")
        lines = [
            f"{lemma} {part[0]} {len(places)} 2 @ ~ {len(places)} {tagged}"
            f" {' '.join(f'{offsets[each]:08d}' for each in places)}  \n"
            for lemma, (tagged, places) in INDEX[part].items()
        ]
        (folder / f"index.{part}").write_text(HEADER + "".join(lines), encoding="utf-8")
    return folder
