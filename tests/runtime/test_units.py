"""Which parts of a text are answered one by one."""

import pytest
from tokenizers.pre_tokenizers import BertPreTokenizer

from edgeft.runtime.units import unit_starts


def units_of(text: str) -> list[str]:
    """The units of a text whose words BERT's pre-tokenizer finds."""
    offsets = [span for _, span in BertPreTokenizer().pre_tokenize_str(text)]
    _, spans = unit_starts(text, offsets, list(range(len(offsets))))
    return [text[start:end] for start, end in spans]


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("Bonn's mayor.", ["Bonn", "'", "s", "mayor", "."]),
        ("thanks @rileysteele!", ["thanks", "@rileysteele", "!"]),
        ("@kayden_kross's #StarWars", ["@kayden_kross", "'", "s", "#StarWars"]),
        ("(see http://bit.ly/bgCyZ0).", ["(", "see", "http://bit.ly/bgCyZ0", ")", "."]),
        ("www.example.org/a-b/, yes", ["www.example.org/a-b/", ",", "yes"]),
        ("to ann.lee+x@mail.example.org.", ["to", "ann.lee+x@mail.example.org", "."]),
        ("AT&T @ Bonn # 5", ["AT", "&", "T", "@", "Bonn", "#", "5"]),
        ("#北京 很好", ["#", "北京", "很好"]),
        ("@", ["@"]),
        ("http://", ["http", ":", "/", "/"]),
    ],
)
def test_addresses_names_and_tags_are_one_word(text: str, units: list[str]) -> None:
    assert units_of(text) == units


def test_a_long_run_of_letters_is_read_once() -> None:
    text = "a" * 200_000 + "@" + "b." * 50_000
    assert len(units_of(text)) > 1
