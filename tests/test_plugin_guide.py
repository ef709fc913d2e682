"""docs/plugins.md: a section for every hook, each with an example that runs."""

import inspect
import re
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgeft import hookspecs
from edgeft.artifacts import Bundle, Checkpoint, Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split
from edgeft.errors import ModelError
from edgeft.manifests import Record
from edgeft.registry import Registry, load_plugins
from edgeft.runtime import load

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8").partition("## A plugin in 20 lines")[2]
SECTIONS = dict(re.findall(r"^### (edgeft_\w+)\(.*?\)\n(.*?)(?=^##)", GUIDE, re.M | re.S))


def example(text: str) -> types.ModuleType:
    """The first Python example of a text as a module."""
    found = re.search(r"^```python\n(.*?)^```", text, re.M | re.S)
    assert found, "no example"
    module = types.ModuleType("guide")
    exec(compile(found[1], "docs/plugins.md", "exec"), module.__dict__)
    return module


def installed(hook: str) -> Registry:
    """The registry with the example of a hook's section in it."""
    registry = load_plugins(extra=[("guide", example(SECTIONS[hook]))])
    assert registry.broken == []
    return registry


def made_by(registry: Registry, kind: str, name: str, context: Context, **inputs: Any) -> Any:
    """What a step of an example makes of its inputs, trained for as short as it can be."""
    cls = registry.step(kind, name)
    quick = {"epochs": 1} if "epochs" in cls.Options.model_fields else {}
    given = {key: inputs.pop(key) for key in list(inputs) if key in cls.Options.model_fields}
    step: Any = cls(registry.options(kind, name, {**quick, **given}), context)
    return step.run(**inputs)


def test_guide_has_a_section_for_every_hook_with_its_signature() -> None:
    specs = {
        f"{name}{inspect.signature(function).replace(return_annotation=inspect.Signature.empty)}"
        for name, function in vars(hookspecs).items()
        if name.startswith("edgeft_")
    }
    assert {re.sub(r": [^,)]+", "", spec) for spec in specs} == set(
        re.findall(r"^### (edgeft_\w+\(.*?\))$", GUIDE, re.M)
    )


def test_every_hook_has_a_documented_purpose() -> None:
    for name in SECTIONS:
        assert getattr(hookspecs, name).__doc__


def test_data_source_of_the_guide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    registry = installed("edgeft_load_dataset")
    assert registry.dataset_source("team:reviews") == tmp_path / "datasets" / "reviews.csv"


def test_model_source_of_the_guide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    registry = installed("edgeft_resolve_model")
    with pytest.raises(ModelError, match="the team has no model"):
        registry.model_source("team:minilm")
    folder = tmp_path / "models" / "minilm"
    folder.mkdir(parents=True)
    assert registry.model_source("team:minilm") == folder


def test_task_of_the_guide() -> None:
    task = installed("edgeft_register_tasks").task("rare-labels")
    assert task.metric == "macro_f1"


def test_cleaner_of_the_guide(tiny_dataset: Dataset, context: Context) -> None:
    registry = installed("edgeft_register_cleaners")
    made: Dataset = made_by(registry, "clean", "without", context, word="chip", data=tiny_dataset)
    before, after = (open_split(data, "train")["text"][:] for data in (tiny_dataset, made))
    assert after == [text for text in before if "chip" not in text.split()]
    assert made.manifest.history[-1].figures == {"dropped": len(before) - len(after)}


def test_augmenter_of_the_guide(tiny_dataset: Dataset, context: Context) -> None:
    registry = installed("edgeft_register_augmenters")
    made: Dataset = made_by(registry, "augment", "lowercase", context, data=tiny_dataset)
    check_lowercase_copies(tiny_dataset, made)


def test_augmenter_of_the_readme(tiny_dataset: Dataset, context: Context) -> None:
    registry = load_plugins(extra=[("guide", example(README))])
    made: Dataset = made_by(registry, "augment", "lowercase", context, data=tiny_dataset)
    check_lowercase_copies(tiny_dataset, made)


def test_plugin_of_the_readme_has_20_lines() -> None:
    code = re.findall(r"^```python\n(.*?)^```", README, re.M | re.S)[0]
    assert len([line for line in code.splitlines() if line]) == 20


def check_lowercase_copies(before: Dataset, after: Dataset) -> None:
    rows = open_split(after, "train")
    assert len(rows) == 2 * before.manifest.rows["train"]
    assert rows[-1]["text"] == open_split(before, "train")[-1]["text"].lower()
    assert rows[-1]["parent"] == open_split(before, "train")[-1]["id"]
    ids = [id for split in after.splits for id in open_split(after, split)["id"]]
    assert len(ids) == len(set(ids))
    assert open_split(after, "test")["text"] == open_split(before, "test")["text"]


def test_finetuner_of_the_guide_leaves_the_encoder_as_it_was(
    tiny_base: Path, tiny_dataset: Dataset, context: Context
) -> None:
    import torch

    registry = installed("edgeft_register_finetuners")
    made: Checkpoint = made_by(
        registry, "finetune", "head", context, base=tiny_base, data=tiny_dataset
    )
    before = context.task.load_model(tiny_base, tiny_dataset.labels).base_model.state_dict()
    after = context.task.load_model(made.path).base_model.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before if "pooler" not in name)


def test_distiller_of_the_guide(
    tiny_base: Path, tiny_checkpoint: Checkpoint, tiny_dataset: Dataset, context: Context
) -> None:
    registry = installed("edgeft_register_distillers")
    made: Checkpoint = made_by(
        registry,
        "distill",
        "relabel",
        context,
        student=str(tiny_base),
        teacher=tiny_checkpoint,
        data=tiny_dataset,
    )
    assert made.labels == tiny_checkpoint.labels


def test_pruner_of_the_guide(
    tiny_checkpoint: Checkpoint, tiny_dataset: Dataset, context: Context
) -> None:
    registry = installed("edgeft_register_pruners")
    made: Checkpoint = made_by(
        registry, "prune", "first", context, checkpoint=tiny_checkpoint, data=tiny_dataset
    )
    assert made.manifest.history[-1].figures == {"layers": [0, 1]}
    assert made.size_bytes < tiny_checkpoint.size_bytes


def test_exporter_of_the_guide(
    tiny_checkpoint: Checkpoint, tiny_dataset: Dataset, context: Context
) -> None:
    registry = installed("edgeft_register_exporters")
    made: Bundle = made_by(
        registry, "export", "fleet", context, checkpoint=tiny_checkpoint, data=tiny_dataset
    )
    assert made.manifest.minimum_onnxruntime == "1.17"


def test_quantizer_of_the_guide(
    tiny_bundle: Bundle, tiny_dataset: Dataset, context: Context
) -> None:
    registry = installed("edgeft_register_quantizers")
    made: Bundle = made_by(
        registry, "quantize", "portable", context, bundle=tiny_bundle, data=tiny_dataset
    )
    with load(made.path) as model:
        assert model.variant == "portable"
        assert model.selftest().passed


def test_listener_of_the_guide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    registry = installed("edgeft_step_finished")
    record = Record(kind="export", method="onnx", seconds=2.5)
    registry.manager.hook.edgeft_step_finished(record=record)
    assert (tmp_path / "steps.log").read_text(encoding="utf-8") == "export onnx 2.5 s\n"


def test_runner_of_the_guide_runs_a_step_that_is_not_installed(
    tiny_dataset: Dataset, tmp_path: Path
) -> None:
    run_step: Callable[..., Dataset] = example(GUIDE[GUIDE.index("## Testing a plugin") :]).run_step
    module = example(SECTIONS["edgeft_register_augmenters"])
    made = run_step(module, "augment", "lowercase", tmp_path / "out", tiny_dataset.path)
    assert made.manifest.rows["train"] == 2 * tiny_dataset.manifest.rows["train"]
