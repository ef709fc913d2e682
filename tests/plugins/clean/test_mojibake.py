"""Bytes of UTF-8 that were read one by one are told from marks that stand behind letters."""

import pytest

from edgeft_clean.mojibake import is_mojibake

TEXTS = [
    "l\u2019œuvre de la sœur",
    "Œuvre",
    "où est ma carte",
    "Das Haus gehört mir",
    "Fuß",
    "Ärger",
    "aquí",
    "mañana ¿qué tal?",
    "não é verdade",
    "Tôi muốn một cái thẻ",
    "không được",
    "się nie da",
    "să știi",
    "žluťoučký kůň",
    "При",
    "я не знаю",
    "Καλημέρα",
    "שלום",
    "مرحبا",
    "สวัสดี",
    "नमस्ते",
    "你好",
    "日本語です。",
    "한국어",
    "haha 😂",
    "👨‍👩‍👧",
    "❤️ → ★ ✅ ™ €",
    "it\u2019s \u201cquoted\u201d \u2013 so\u2026",
    "20 °C, ½ off, © 2020",
]
HONEST = [
    "«\u00a0Le café\u00a0», «\u00a0là\u00a0», l\u2019été\u00a0\u2013 fini\u00a0!",
    "à\u00a0£20 ou à\u00a0€20",
    "CAF\u00c9\u201d, CAF\u00c9\u2019, CAF\u00c9\u2026",
    "BEYONC\u00c9\u2019S, OL\u00c9\u2026OL\u00c9, DÉJ\u00c0\u2014VU",
    "il a dit : « j\u2019ai mangé le pâté »\u2026 « côté »\u2026\u201d",
    "\u201eFuß\u201c, »MENÜ«, \u201eMENÜ\u201c, So ein Spaß\u2026 GRÖßE, Gruß\u2013",
    "2×\u00bd, Ø\u00bd, 5×\u201c, 20 °C, n° 5, \u00c9²",
    "la \u201c\u00d1\u201d, «él dijo: sí», PASIÓN\u2026\u201d, pasó\u2026\u201d, ¿SÍ?",
    "\u201cC\u00d4\u201d, \u201cĐ\u00d4\u201d, Đ\u00c3\u2026, có\u201d\u2026",
    "CẢM ƠN\u2026, Tôi đã biết",
    "MANH\u00c3\u201d, «\u00c9», \u00c9\u2026\u00c9\u2026\u00c9, NÃO",
    "HYVÄ\u00c4\u201d, VAD D\u00c5\u2026, P\u00c5\u201d, d\u00e5\u201d\u2026",
    "co děl\u00e1\u0161\u2026\u201d, V\u00cd\u0160\u2026, \u00da\u017easný",
    "v\u00ed\u0161\u2026\u201d",
    "\u201eþa\u00f0\u201d\u2026, cos\u00ec\u2026», perch\u00e9»\u2026",
    "При чём тут \u201cЁлка\u201d\u2026 你好\u201c吗\u201d\u2026 😂",
    "plain ASCII",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_a_text_that_was_read_in_another_encoding_is_found(text: str, encoding: str) -> None:
    assert not is_mojibake(text)
    assert is_mojibake(read_as(text, encoding))


@pytest.mark.parametrize("text", HONEST)
def test_marks_behind_letters_are_no_wrong_encoding(text: str) -> None:
    assert not is_mojibake(text)


@pytest.mark.parametrize("text", ["ðŸ˜‚", "ÐŸÑ€Ð¸", "ÃŸ", "Å’", "donâ€ t", "1 Â£"])
def test_signs_by_themselves_are_found(text: str) -> None:
    assert is_mojibake(text)


def read_as(text: str, encoding: str) -> str:
    """The text's UTF-8 as that encoding, bytes that it has no sign for as control characters."""
    return "".join(
        bytes([byte]).decode(encoding, errors="ignore") or chr(byte) for byte in text.encode()
    )
