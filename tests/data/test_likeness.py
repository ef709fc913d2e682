"""Identical and near-identical texts are found, different ones are left apart."""

import numpy as np
import pyarrow as pa
import pytest

from edgeft.data.likeness import Likeness, compare, components, normalise
from edgeft.progress import Silence

ARTICLE = (
    "The central bank left its rate alone on Thursday, as most of the market had expected. " * 4
)


def groups(*texts: str) -> Likeness:
    return compare(pa.chunked_array([texts[:1], texts[1:]], pa.string()), Silence())


def alike(one: str, other: str) -> bool:
    near = groups(one, other).near
    return bool(near[0] == near[1])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Hello,\tWORLD! ", "hello world"),
        ("Call 555-0199", "call 000 0000"),
        ("ﬁne STRASSE straße", "fine strasse strasse"),
        (":-)", ":-)"),
        ("质量很好，３本！", "质量很好0本"),
        ("ไม่ดี (มาก)", "ไม่ดีมาก"),
        ("कीमत ठीक है।", "कीमत ठीक है"),
        ("مُحَمَّدٌ", "محمد"),
        ("", ""),
    ],
)
def test_normalised_text(text: str, expected: str) -> None:
    assert normalise(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Where is my card?", "where is my card"),
        ("I paid $20.15", "I paid $30.99"),
        ("naïve café", "NAÏVE  CAFÉ!"),
        ("质量很好，物流很快，推荐！", "质量很好物流很快 推荐"),
        ("价格是３５８元／晚。", "价格是420元/晚"),
        (ARTICLE, ARTICLE.replace("Thursday", "Friday", 1)),
        (ARTICLE, ARTICLE + "More soon."),
    ],
)
def test_near_identical_texts_are_grouped(one: str, other: str) -> None:
    assert alike(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Where is my card?", "Where is my cash?"),
        ("yes", "no"),
        (":-)", ":-("),
        ("", "a"),
        ("你好吗", "谢谢你"),
        ("房间很好，服务不错", "房间不好，服务不错"),
        ("दिन", "दान"),
        ("เสือ", "เสื้อ"),
        (
            ARTICLE,
            ARTICLE.replace("bank", "team").replace("market", "crowd").replace("rate", "win"),
        ),
    ],
)
def test_different_texts_are_apart(one: str, other: str) -> None:
    assert not alike(one, other)


def test_identical_texts_are_told_from_near_identical_ones() -> None:
    found = groups("a b", "A b", "a b", "c")
    assert found.exact[0] == found.exact[2]
    assert len(set(found.exact)) == 3
    assert len(set(found.near)) == 2


def test_long_texts_that_share_only_a_letterhead_are_apart() -> None:
    random = np.random.default_rng(0)
    one, other = (
        " ".join("".join(map(chr, random.integers(97, 123, 6))) for _ in range(400)) for _ in "ab"
    )
    assert not alike(ARTICLE * 5 + one, ARTICLE * 5 + other)


def test_near_identity_follows_the_share_of_common_shingles() -> None:
    random = np.random.default_rng(1)
    found: dict[float, list[bool]] = {}
    for share in (0.5, 0.98):
        for _ in range(50):
            text = "".join(map(chr, random.integers(97, 123, 600)))
            cut = round(600 * 2 * share / (1 + share))  # Jaccard index of the two sets of shingles
            tail = "".join(map(chr, random.integers(97, 123, 600 - cut)))
            found.setdefault(share, []).append(alike(text, text[:cut] + tail))
    assert not any(found[0.5])
    assert all(found[0.98])


def test_chain_of_pairs_is_one_component() -> None:
    found = components(7, np.array([5, 3, 1, 4]), np.array([3, 1, 6, 2]))
    assert found.tolist() == [0, 1, 2, 1, 2, 1, 1]
