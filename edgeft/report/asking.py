"""How a bundle is asked by example: in Python, on the command line, in a browser."""

from pathlib import PurePosixPath

from edgeft.manifests import BundleManifest, Decoding

Example = tuple[str, ...]
"""one text, or two that are read together"""


def examples(decoding: Decoding) -> tuple[Example, Example]:
    """Two inputs of a bundle as its decoding wants them."""
    if decoding.function == "span":
        return ("a question", "a text"), ("another question", "a text")
    if decoding.pairs:
        return ("a text", "its second text"), ("another", "and its second text")
    if decoding.function == "relation":
        return ("the <e1>ring</e1> is made of <e2>gold</e2>",), (
            "a <e2>house</e2> has a <e1>door</e1>",
        )
    if decoding.function == "mask":
        return ("the sky is [MASK]",), ("the grass is [MASK]",)
    return ("a text",), ("another",)


def in_python(example: Example) -> str:
    """An input as Python writes it: a string, or a tuple of two."""
    quoted = ", ".join(f'"{text}"' for text in example)
    return quoted if len(example) == 1 else f"({quoted})"


def in_shell(example: Example) -> str:
    """An input as `edgeft predict` takes it: one word, or two."""
    return " ".join(f'"{text}"' for text in example)


def embedding(manifest: BundleManifest) -> str:
    """How an application loads and asks the bundle, in Python and, where it can, in a browser."""
    one, more = map(in_python, examples(manifest.decoding))
    function = manifest.decoding.function
    answer, options = ANSWERS[function]
    python = PYTHON.format(one=one, more=more, answer=answer, options=options)
    if not in_browsers(manifest.decoding):
        return python
    several = function == "sigmoid"
    browser = BROWSER.format(
        pipeline=HUB_TASKS[function],
        chosen=manifest.chosen,
        file=file_options(manifest),
        options=", { top_k: null }" * several,
    )
    further = [THRESHOLDS] * several + [PIECES] * (function == "tags")
    if function == "softmax" and manifest.decoding.temperature != 1:
        further.append(TEMPERATURE.format(temperature=manifest.decoding.temperature))
    return "\n\n".join([python, browser, *further])


def in_browsers(decoding: Decoding) -> bool:
    """Whether a pipeline of transformers.js reads such a bundle as it is.

    It reads no pairs, and knows no thresholds of tags.
    """
    unknown = decoding.pairs or (decoding.function == "tags" and decoding.thresholds)
    return decoding.function in IN_BROWSERS and not unknown


def file_options(manifest: BundleManifest) -> str:
    """What tells transformers.js to load the file of the chosen variant."""
    stem = PurePosixPath(manifest.variants[manifest.chosen].file).stem
    if stem in DTYPES:
        return f'dtype: "{DTYPES[stem]}"'
    return f'dtype: "fp32", model_file_name: "{stem}"'  # for fp32 it puts nothing behind the name


DTYPES = {"model": "fp32", "model_quantized": "q8"}
"""what transformers.js calls files by these names"""
ANSWERS = {
    "softmax": ("Answer(label=..., probability=...)", ", top_k=3"),
    "sigmoid": ("[Answer(label=..., probability=...), ...], those that hold", ""),
    "identity": ("a number", ""),
    "tags": ("[Entity(label=..., text=..., start=..., end=..., score=...), ...]", ""),
    "vector": ("numpy float32 (width,), of length 1", ""),
    "span": ("Excerpt(answer=..., start=..., end=..., score=...)", ""),
    "mask": ("Filling(label=..., probability=..., filled=...)", ", top_k=3"),
    "relation": ("Answer(label=..., probability=...), of the first to the second", ", top_k=3"),
}
"""what a bundle answers with, and what else it may be asked, by its decoding"""
HUB_TASKS = {
    "softmax": "text-classification",
    "sigmoid": "text-classification",
    "identity": "text-classification",
    "relation": "text-classification",
    "tags": "token-classification",
    "vector": "sentence-similarity",
    "span": "question-answering",
    "mask": "fill-mask",
}
"""what model hubs and transformers.js call a task, by its decoding"""
IN_BROWSERS = ("softmax", "sigmoid", "tags")
"""decodings that a pipeline of transformers.js reads a bundle by as it is"""
PYTHON = """\
```python
import edgeft.runtime

model = edgeft.runtime.load("path/to/this/folder")
print(model({one}))  # {answer}
print(model([{one}, {more}]{options}))
```

`edgeft verify path/to/this/folder` checks every file against its checksum and replays
`golden.json`: the answers of the machine that made the bundle."""
BROWSER = """\
In Node.js or a browser, with transformers.js, the {chosen} variant:

```js
import {{ env, pipeline }} from "@huggingface/transformers";
env.localModelPath = "path/to";
const ask = await pipeline("{pipeline}", "this-folder", {{ {file} }});
console.log(await ask("a text"{options}));
```"""
THRESHOLDS = """\
That gives every label a score. One holds from the score 1 / (1 + ((1 - p) / p) ** t) on, with `p`,
its own of `decoding.thresholds`, and `t`, the `decoding.temperature`, of `edgeft.json`."""
PIECES = """\
That gives the labels of pieces of words, those outside names left out: the first piece of a word
speaks for all of it. Pieces that the tokenizer does not know are left out as well, and where a name
stands in the text is not said."""
TEMPERATURE = """\
Its label is that of `edgeft.runtime`; its score is not calibrated. Of the scores `s` of all labels
(`{{ top_k: null }}`) the runtime's are `s ** (1 / t)` divided by their sum, with `t`, the
`decoding.temperature` of `edgeft.json`: {temperature:.4g}."""
