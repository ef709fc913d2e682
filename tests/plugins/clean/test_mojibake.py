"""Texts that were read in a wrong encoding are told from what people write."""

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
    "NEM\u00d4\u017dEM TO, PROHL\u00cd\u017dEČ, \u201cZT\u00cd\u017d\u00cd\u201d",
    "řekl mi m\u00e1\u2026\u201eahoj\u201c",
    "PÄŤ MŮŽE, RŮŽE, DĹŽKA, ÚŽASNÝ, KŘÍŽ, ŁÓŻKO, MÓŻDŻEK, PÓŹNO",
    "ORĂŞENI, GĂŞTE, CĂŞTIGĂ, ROMÂNIA",
    "HYVÄ\u2026, NALEŻY ZAWIADOMIĆ\u00a0ADMINISTRATORA",
    "DAĞ\u2026 ŞİŞ, \u201cBAĞ\u201d, ÇAĞ»",
    "CƠM PHỞ ĂN ĐI, mùa hè ở Đà Nẵng",
    "Её, Ёлка, её\u2026 моё, «Я», «А и В», В\u00a02020 году, Ну и\u2026",
    "Ні, Її дії, Ці ТІНІ, НІМІ, СІРІ ДІТИ, Єва",
    "КОЈЕ \u201cЈЕ\u201d, JЕ\u201d Њ\u2026, њ\u2026",
    "рад, сад, там, шанхай, фанфик, щенчик",
    "Όχι, ΓΈΛΙΟ, Ο\u2026, Γ», η «Αθήνα»",
    "طپش، رگ؟ دکھ، شرط،",
    "\u2014 à la carte, \u2014été, d\u2019à côté, «été», n\u00ba 5",
    "r√π, 2√π, √π, 2a√πr, x≈π, N≈∞, Γ(½) = √π, ∑ƒ, ∆x ≤ √2, 5 kΩ, ±Σ",
    "├── été\n│   └── naïve\n┌┴┐ ├┤ ║╗ ┬┐ ╠╣ ╔═╦═╗",
    "äöüß ÄÖÜ, áéíóúñ, àâçéèêëîïôùûü, åäö ÆØÅ, þú óð æði, ÃÕÇ",
    "°º¤ø,¸¸,ø¤º°`°º¤ø ·.¸¸.·´¯`·. ¯\\_(ツ)_/¯",
    "ㅋㅋㅋ ㅠㅠ, 🇫🇷 👍🏽 ❤️, ✓ ★ →, ½ ¼ ² ³, № 5, €€€ ££",
]
CODE_PAGES = [
    "cp1250", "cp1251", "cp1253", "cp1254", "cp1256", "cp1257", "cp437", "cp850", "cp866",
    "iso8859_2", "koi8_r", "mac_roman",
]  # fmt: skip
IN_UTF_8 = [
    "où",
    "mañana",
    "Fuß",
    "Hélène",
    "cảm ơn",
    "żółć",
    "kůň",
    "Привет",
    "Ελλάδα",
    "שלום",
    "مرحبا",
    "สวัสดี",
    "नमस्ते",
    "你好",
    "こんにちは",
    "한국어",
    "don\u2019t",
    "5 \u20ac",
    "haha 😂",
]
ELSEWHERE = [
    ("Привет, как дела", "cp1251"),
    ("Привет", "cp1251"),
    ("НЕТ", "cp1251"),
    ("Привет", "koi8_r"),
    ("Привет", "iso8859_5"),
    ("Καλημέρα", "cp1253"),
    ("שלום", "cp1255"),
    ("مرحبا", "cp1256"),
    ("สวัสดี", "cp874"),
    ("你好", "gbk"),
    ("안녕하세요", "euc_kr"),
    ("こんにちは", "euc_jp"),
    ("the reply was «Привет»", "cp1251"),
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


@pytest.mark.parametrize("text", IN_UTF_8)
@pytest.mark.parametrize("encoding", CODE_PAGES)
def test_utf_8_that_was_read_in_a_code_page_is_found(text: str, encoding: str) -> None:
    assert not is_mojibake(text)
    assert is_mojibake(read_as(text, encoding))


@pytest.mark.parametrize(
    "text", ["РџСЂРёРІРµС‚", "o├╣", "o√π", "maĂ±ana", "├á la carte", "m√∫sica"]
)
def test_a_word_of_a_code_page_is_found_alone(text: str) -> None:
    assert is_mojibake(text)


@pytest.mark.parametrize(("text", "encoding"), ELSEWHERE)
@pytest.mark.parametrize("read", ["cp1252", "latin-1"])
def test_a_text_of_another_script_that_was_read_as_accented_letters_is_found(
    text: str, encoding: str, read: str
) -> None:
    assert not is_mojibake(text)
    assert is_mojibake(read_as(text, read, of=encoding))


@pytest.mark.parametrize("text", ["Ïðèâåò, êàê äåëà", "ÄãºÃ"])
def test_accented_letters_of_no_one_language_are_found(text: str) -> None:
    assert is_mojibake(text)


def read_as(text: str, encoding: str, of: str = "utf-8") -> str:
    """The text's bytes as that encoding, those that it has no sign for as control characters."""
    return "".join(
        bytes([byte]).decode(encoding, errors="ignore") or chr(byte) for byte in text.encode(of)
    )
