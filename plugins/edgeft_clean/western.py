"""UTF-8 that was read as Windows-1252 or Latin-1: Ã© for é, ÐŸÑ€Ð¸ for При, ðŸ˜‚ for 😂.

Each sign of UTF-8 beyond ASCII is two to four bytes: one that leads, and some that follow. Read one
by one they are a letter, and marks that hardly ever stand behind it. Some do, such as a quote that
closes a word in capitals: then the letters around them decide.
"""

import re

CP1252 = {
    ord(sign): byte
    for byte in range(0x80, 0xA0)
    if (sign := bytes([byte]).decode("cp1252", errors="ignore"))
}
"""the bytes of signs that Latin-1 has no place for"""
FOLLOW = "\u0080-\u00bf" + "".join(map(chr, CP1252))
"""what bytes that follow are read as"""
SIGN = re.compile(f"[\u00c2-\u00df][{FOLLOW}]|[\u00e0-\u00ef][{FOLLOW}]{{2}}|ð[{FOLLOW}]{{3}}")
"""two, three or four bytes that may be one sign"""
LONE = re.compile("[\u00c2-\u00d3\u00e0-\u00f0]")
"""what leads signs that may stand alone: of Latin, Greek and Cyrillic, and longer ones"""
BEHIND = frozenset("\u00a0\u00ad’‘“”«»‹›…–—•·´™®©°ºª¹²³§")
"""marks that do stand behind letters"""
JOINS = frozenset("\u00a0\u00ad’–—…•·´")
"""of these, the ones that another letter may stand behind"""
PAUSES = frozenset("\u00a0–—…")
"""the ones that another mark may stand behind, as in má…„x“"""
CARONS = re.compile("[ÉÍÓÔÚÝáéíó][šžŠŽ]")
"""of Czech and Slovak words"""


def read_as_western(text: str) -> bool:
    """Whether some signs of a text are bytes of UTF-8 that were read one by one."""
    if "â€" in text:  # a quote or a dash, whose last byte is often lost
        return True
    before = None
    for found in SIGN.finditer(text):
        if CARONS.match(found[0]) or not decodes(found[0]):
            continue
        if before and before.end() == found.start() and before[0] != found[0]:
            return True  # neighbours, as in a word of another script
        if stands_out(text, found):
            return True
        before = found
    return False


def decodes(signs: str) -> bool:
    """Whether the bytes of some signs are UTF-8."""
    try:
        signs.translate(CP1252).encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def stands_out(text: str, found: re.Match[str]) -> bool:
    """Whether a letter and the marks behind it are not what somebody writes there."""
    lead, marks = found[0][0], found[0][1:]
    if not LONE.match(lead):
        return False
    if len(marks) > 1 and marks[0] in (BEHIND if lead == "ð" else PAUSES):
        return False
    if found[0] == "Ã\u00ad" or not BEHIND.issuperset(marks):
        return True  # í, whose soft hyphen would be honest behind other letters
    before = text[: found.start()][-1:]
    after = text[found.end() :][:1]
    if before.islower() and lead.isupper():
        return True  # coÃ»t
    if after.isalpha() and marks[-1] not in JOINS:
        return True  # CÃ”TE
    return not before.isalpha() and (lead in "ÂÃ" or found[0] in ("Å’", "Å“"))
