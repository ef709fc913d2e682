"""Texts that nobody would think of."""

import random
import unicodedata

PARTS = [
    "anna", "new york", "paris,", "John Smith", "boris's", "(london)", "\t", "\n", "  ", "\u00a0",
    "\u200b", "\u3000", "😀", "👩‍👩‍👧", "🇨🇳", "e\u0301", "ñ", "ａｂｃ", "上海市", "我住在",
    "東京タワー",
    "กรุงเทพมหานคร", "สวัสดี", "नमस्ते", "مرحبا", "https://a.example/x?y=1&z=%20", "@you", "#tag",
    "x" * 300, "é" * 90, "上" * 90, "\u0301\u0301", "\ufeff", "\x00", "\x7f", "[SEP]", "[MASK]",
    "ﬁ", "½", "İstanbul", "ß", "。", "「引用」", "1,234.5", "--", "…", "\r\n", "\u2028", "\ufffd",
]  # fmt: skip


def fuzzed(n: int) -> list[str]:
    """Texts of odd parts and of any characters that are no halves of a pair."""
    chooser = random.Random(0)
    found = []
    for _ in range(n):
        text = ""
        for _ in range(chooser.randint(0, 14)):
            part = chooser.choice(PARTS)
            if chooser.random() < 0.2:
                code = chooser.randrange(0x110000)
                part = chr(code) if unicodedata.category(chr(code)) != "Cs" else "?"
            text += part + chooser.choice(["", " ", " "])
        found.append(text)
    return found
