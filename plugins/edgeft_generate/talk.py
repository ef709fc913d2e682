"""Tells what language models say around texts, or in their stead, from the texts.

Texts of users begin with the same words: "here is my problem: ...", "I can't help with ...". So a
phrase counts only where it goes on as a model does that speaks to who asked it.
"""

import re

WORDING = (
    r"(?:texts?|sentences?|versions?|paraphras\w+|reword\w+|rephras\w+|rewrit\w+|restat\w+|"
    r"alternatives?|variations?|variants?|ways?|words|wordings?|phrasings?|"
    r"(?:say|put|phrase|express) (?:it|this|that))"
)
"""what a model is asked for, as it may call it"""
COUNT = r"(?:another|one|two|three|four|five|six|seven|eight|nine|ten|\d{1,3})"
AGREEING = (
    r"(?:sure(?: thing)?|certainly|of course|absolutely|okay|ok|great|alright|no problem)\b"
    r"(?:[,.!]? i(?:['’]d| can| will|['’]ll| would)\b[^.!:\n]{0,60})?\s*[,.!]\s*"
)
HERE = r"(?:here(?:['’]s| is| are)|below (?:is|are)|the following(?: is| are)?)"
ANNOUNCING = re.compile(
    rf"^(?:{AGREEING})?(?:{HERE}(?: (?:{COUNT}|it)|[^:\n]{{0,120}}?\b{WORDING}\b[^:\n]{{0,120}}|"
    rf"[^:\n]{{0,120}}(?=:\s*$))|here (?:you go|it is)|the following {COUNT}):\s*",
    re.IGNORECASE,
)
OWN = re.compile(
    r"\b(?:i(?!['’]d\b| would\b| (?:have )?re(?:word|phras|writ|wrot))|mine|me|we|our|ours|"
    r"my(?! (?:version|paraphrase|rewording|rephrasing|suggestion|attempt)))\b",
    re.IGNORECASE,
)
"""who speaks of his own things is no model that was asked for a text"""
NAME = re.compile(
    r"^(?:reworded|rewritten|paraphrased|new)?\s*"
    r"(?:text|version|paraphrase|rewording|sentence|option|example|answer|output)"
    r"(?:\s+\d{1,3}\s*[:.]|\s*:)\s+",
    re.IGNORECASE,
)
POLITE = re.compile(
    r"^(?:(?:sure|certainly|of course|absolutely)(?: thing)?[,!.:]?$|"
    r"i hope (?:this|these|that) (?:helps?|meets?|suits?|works? for you|is helpful|are helpful)|"
    r"let me know (?:if|whether) (?:you|this|these|that|any)\b|"
    r"feel free to (?:ask|let me know|use|adjust|modify|choose|pick)\b|"
    rf"note:.*\b(?:{WORDING}|meaning|original|tone)\b)",
    re.IGNORECASE,
)
ABOUT_TEXT = re.compile(
    r"^(?:in )?(?:the|this|these|both|my)(?: (?:is|are) (?:a|an|the))?(?: \w+)?"
    r" (text|sentence|version|alternative|paraphrase|rewording|rephrasing)s?\b",
    re.IGNORECASE,
)
"""how small models begin to speak of the text, where they should say it"""
ABOUT_WORDING = re.compile(
    r"\b(?:says? (?:the same|this|that|it)|meanings?|means the same|convey\w*|wording|tone|"
    r"formal|concise|texts?|sentences?|paraphras\w+|reword\w+|rephras\w+)\b",
    re.IGNORECASE,
)
"""what is said of versions and alternatives of texts, and not of those of other things"""
UNABLE = (
    r"^(?:(?:i(?:['’]m| am) )?(?:so |very |really )?sorry\b[,.!]?\s*(?:but )?|"
    r"i apologi[sz]e\b[,.!]?\s*(?:but )?|unfortunately,? )?"
    r"i(?:['’]m| am)? (?:can['’]?t|cannot|can not|could ?n[o'’]t|won['’]?t|will not|"
    r"(?:not able|unable) to) "
)
THING = r"(?:request|task|text|content|topic|conversation|(?:type|kind|sort) of \w+)s?"
ASKED = (
    rf"(?:(?:that|this|it|these|those)(?: {THING})?|(?:your|such(?: an?)?) {THING})"
    r"(?=\s*(?:$|[.,;!?:]|as |because |since |due ))"
)
"""what was asked for, as who declines calls it"""
HARM = (
    r"(?:\w+[, ]+){0,4}(?:hateful|harmful|hate|explicit|sexual\w*|offensive|illegal|inappropriate|"
    r"violent|violence|discriminat\w+|abusive|derogatory)\b|"
    r"(?:\w+ ){0,3}(?:content|texts?|sentences?|material) (?:that|which|involving|promoting)\b|"
    r"(?:\w+ ){0,3}(?:paraphras|reword|rephras)\w+"
)
"""what it does not write, as it says"""
DECLINING = re.compile(
    rf"{UNABLE}(?:comply\.?$|(?:comply|fulfil+)(?: with)? (?:{ASKED}|the request\b)|"
    rf"(?:assist|help|continue|engage|proceed)(?: you)?(?: (?:with|in))? (?:{ASKED}|{HARM})|"
    rf"(?:provide|create|generate|write|produce|complete|offer)(?: you)?(?: with)?"
    rf" (?:{ASKED}|{HARM})|(?:paraphrase|rephrase|reword)\b)|"
    r"^(?:as|i(?:['’]m| am)(?: just| only)?) an (?:ai|artificial intelligence)"
    r"(?:,|(?: (?:language|text))* (?:model|assistant)\b)",
    re.IGNORECASE,
)


def without_lead_in(line: str) -> str:
    """A line without what announces a text or names it, such as "Version 2:"."""
    found = ANNOUNCING.match(line)
    if found and not OWN.search(re.sub(AGREEING, "", found.group(), flags=re.IGNORECASE)):
        line = line[found.end() :]
    return NAME.sub("", line, count=1)


def is_polite(line: str) -> bool:
    """Whether a line is a courtesy to who asked."""
    return POLITE.match(line) is not None


def is_remark(text: str, about: str) -> bool:
    """Whether a text speaks of a text or its wording, which what it is about does not."""
    found = ABOUT_TEXT.match(text)
    if found is None or found.group(1).casefold() in about.casefold():
        return False
    of_other_things = found.group(1).casefold() in ("version", "alternative")
    return not of_other_things or ABOUT_WORDING.search(text, found.end()) is not None


def declines(line: str) -> bool:
    """Whether an answer that begins so is none: it tells who asked that there will be none."""
    found = DECLINING.match(line)
    return found is not None and not re.search(r"\b(?:my|mine|our)\b", line, re.IGNORECASE)
