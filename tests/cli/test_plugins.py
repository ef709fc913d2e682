"""`edgeft plugins` and `edgeft show`: what is installed, explained."""

import json
import subprocess
import sys

from edgeft.registry import SEARCH, load_plugins

BUILT_IN = [
    "augment", "clean", "distill", "fill-mask", "finetune", "generate", "multi-label", "onnx",
    "prompt", "prune", "quantize", "question-answering", "regression", "relation-extraction",
    "samples", "sentence-embeddings", "static", "supervised-embeddings", "text-classification",
    "token-classification", "unlabelled",
]  # fmt: skip
TASKS = [
    "embeddings-from-labels", "embeddings-from-pairs", "embeddings-from-scores", "fill-mask",
    "multi-label-classification", "pair-classification", "question-answering", "regression",
    "relation-extraction", "sentence-embeddings", "text-classification", "text-similarity",
    "token-classification",
]  # fmt: skip


def test_plugins_lists_every_step_sorted_with_its_plugin(edgeft):
    lines = edgeft("plugins").out.splitlines()
    steps = lines[1 : lines.index("")]
    expected = sorted([kind, name] for kind, name in [*load_plugins().steps, SEARCH])
    assert [line.split()[:2] for line in steps] == [*expected, *(["task", name] for name in TASKS)]
    assert ["task", "text-classification", "text-classification"] in [
        line.split()[:3] for line in steps
    ]


def test_plugins_as_json_tells_the_same(edgeft):
    found = json.loads(edgeft("plugins", "--json").out)

    built_in = [plugin for plugin in found["plugins"] if plugin["distribution"] == "edgeft"]
    assert [plugin["name"] for plugin in built_in] == BUILT_IN
    assert {(step["kind"], step["method"]) for step in found["steps"]} == set(load_plugins().steps)
    assert all(step["summary"].endswith(".") for step in found["steps"])
    assert [task["name"] for task in found["tasks"]] == TASKS


def test_show_explains_every_option_of_a_step(edgeft):
    shown = edgeft("show", "finetune.full")

    assert shown.out.startswith("finetune.full (plugin finetune, from edgeft)\n\n")
    assert "  epochs: float = 5\n      passes over the training texts\n" in shown.out
    assert "  schedule: linear|cosine|constant = 'linear'\n" in shown.out
    assert "  max_length: int | None = None\n" in shown.out


def test_show_takes_the_method_alone(edgeft):
    assert edgeft("show", "full").out == edgeft("show", "finetune.full").out


def test_show_as_json_gives_the_schema_of_the_options(edgeft):
    found = json.loads(edgeft("show", "full", "--json").out)

    assert (found["kind"], found["method"], found["plugin"]) == ("finetune", "full", "finetune")
    assert found["options"]["properties"]["epochs"]["default"] == 5


def test_show_recipe_is_a_json_schema_with_every_step(edgeft):
    schema = json.loads(edgeft("show", "recipe").out)

    steps = [
        (kind, step["properties"]["method"]["const"])
        for each in schema["properties"]["steps"]["items"]["anyOf"]
        for kind, step in each["properties"].items()
    ]
    assert sorted(steps) == sorted([*load_plugins().steps, SEARCH])


def test_show_of_a_kind_names_its_methods(edgeft):
    shown = edgeft("show", "finetune")

    assert shown.last_two == [
        "error: 'finetune' is a kind of steps, and each of them has options of its own",
        "hint: name one: finetune.adapt, finetune.auto, finetune.cloze, finetune.contrastive,"
        " finetune.embed, finetune.full, finetune.lora, finetune.names, finetune.prefix,"
        " finetune.probe, finetune.prompt, finetune.self-training",
    ]


def test_show_of_a_misspelt_step_proposes_the_nearest(edgeft):
    assert edgeft("show", "fulll").last_two == [
        "error: no step is called 'fulll'",
        "hint: did you mean 'full'?",
    ]
    assert edgeft("show", "finetune.lore").last_two == [
        "error: unknown finetuner 'lore'",
        "hint: did you mean 'lora'?",
    ]


def test_show_takes_kind_and_method_as_the_commands_do(edgeft):
    assert edgeft("show", "finetune", "probe").out == edgeft("show", "finetune.probe").out


def test_show_of_a_misspelt_kind_proposes_it(edgeft):
    assert edgeft("show", "finetne").last_two == [
        "error: no step is called 'finetne'",
        "hint: did you mean 'finetune'?",
    ]


def test_show_explains_the_student_that_is_looked_for(edgeft):
    shown = edgeft("show", "distill.auto").out
    assert shown.startswith("distill.auto (in a recipe)\n\nTry students of several sizes")
    assert shown.endswith(edgeft("show", "distill.layers").out)


def test_plugins_and_show_import_nothing_heavy():
    code = (
        "import sys; from edgeft.cli import main; main(['plugins']); main(['show', 'full']);"
        "heavy = {'torch', 'transformers', 'datasets', 'numpy', 'onnx', 'onnxruntime', 'sklearn',"
        " 'tokenizers', 'pyarrow'};"
        "sys.exit(repr(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
