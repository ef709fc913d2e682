import types

import pytest

from edgeft.errors import MissingPackage, PluginError
from edgeft.plugin import Augmenter, Dataset, Field, Options, hookimpl
from edgeft.registry import load_plugins, require_packages, summary


class NothingOptions(Options):
    times: int = Field(1, ge=1, description="how often to do nothing")


class Nothing(Augmenter[NothingOptions]):
    """Adds no rows.

    At all.
    """

    name = "nothing"
    Options = NothingOptions

    def run(self, data: Dataset) -> Dataset:
        return data


def plugin(**hooks) -> types.ModuleType:
    module = types.ModuleType("somebody")
    for name, returned in hooks.items():
        setattr(module, name, hookimpl(specname=name)(lambda returned=returned: returned))
    return module


def augmenters(*classes) -> types.ModuleType:
    return plugin(edgeft_register_augmenters=list(classes))


def test_every_kind_of_step_has_a_built_in_user():
    registry = load_plugins()
    assert registry.broken == []
    assert {kind for kind, _ in registry.steps} == {
        "clean",
        "augment",
        "finetune",
        "distill",
        "prune",
        "export",
        "quantize",
    }
    assert "text-classification" in registry.tasks


def test_steps_are_sorted_and_know_their_plugin():
    registry = load_plugins([("somebody", augmenters(Nothing))])
    assert list(registry.steps) == sorted(registry.steps)
    assert registry.step("augment", "nothing").plugin == "somebody"
    assert summary(registry.step("augment", "nothing")) == "Adds no rows."


def test_an_unknown_step_gets_the_nearest_name():
    registry = load_plugins([("somebody", augmenters(Nothing))])
    with pytest.raises(PluginError) as caught:
        registry.step("augment", "noting")
    assert caught.value.message == "unknown augmenter 'noting'"
    assert caught.value.hint == "did you mean 'nothing'?"


def test_an_unknown_option_gets_the_nearest_name():
    registry = load_plugins([("somebody", augmenters(Nothing))])
    with pytest.raises(PluginError) as caught:
        registry.options("augment", "nothing", {"time": 2})
    assert caught.value.message == "augment nothing has no option 'time'"
    assert caught.value.hint == "did you mean 'times'?"


def test_a_wrong_value_is_named():
    registry = load_plugins([("somebody", augmenters(Nothing))])
    with pytest.raises(PluginError, match="augment nothing: times = 0"):
        registry.options("augment", "nothing", {"times": 0})


def test_two_steps_of_one_name_are_an_error_naming_both_plugins():
    with pytest.raises(PluginError) as caught:
        load_plugins([("one", augmenters(Nothing)), ("two", augmenters(Nothing))])
    assert caught.value.message == "augment nothing is provided twice: by plugin 'one' and by 'two'"


@pytest.mark.parametrize("wrong", [[int], ["nothing"], None])
def test_a_broken_plugin_is_set_aside_with_one_warning(wrong, caplog):
    broken = plugin(edgeft_register_augmenters=wrong)
    registry = load_plugins([("broken", broken), ("somebody", augmenters(Nothing))])
    assert [each.name for each in registry.broken] == ["broken"]
    assert len(caplog.records) == 1
    assert "plugin 'broken' is set aside" in caplog.text
    assert ("augment", "nothing") in registry.steps


def test_a_missing_package_is_named_with_its_remedy():
    class Needy(Nothing):
        needs = ("a_package_that_is_not_there",)

    with pytest.raises(MissingPackage) as caught:
        require_packages(Needy)
    assert caught.value.message == "augmenter 'nothing' needs a_package_that_is_not_there"
    assert caught.value.hint == "pip install 'edgeft[train]'"


@pytest.mark.parametrize(
    ("module", "extra"), [("openai", "generate"), ("gguf", "generate"), ("torch", "train")]
)
def test_a_missing_package_is_found_in_the_extra_that_has_it(module, extra, monkeypatch):
    class Needy(Nothing):
        needs = (module,)

    monkeypatch.setattr("edgeft.extras.importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingPackage) as caught:
        require_packages(Needy)
    assert caught.value.message == f"augmenter 'nothing' needs {module}"
    assert caught.value.hint == f"pip install 'edgeft[{extra}]'"


def test_a_source_that_no_plugin_knows_is_none():
    registry = load_plugins()
    assert registry.dataset_source("somebody/else") is None
    assert registry.model_source("somebody/else") is None
