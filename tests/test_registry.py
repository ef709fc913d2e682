import types

import pytest
from pydantic import model_validator

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


class Unfit(Nothing):
    name = "My step/one"


class Stringy(Nothing):
    name = "stringy"
    needs = "torch"


class Naming(Nothing):
    name = "naming"
    models = ("modelz",)


class Basing(Nothing):
    name = "basing"
    of_base = "base"


class Bare(Nothing):
    name = "bare"
    Options = dict


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (augmenters(Unfit), "is called 'My step/one': a name has small letters, digits and single"),
        (augmenters(Stringy), "Stringy.needs is a string and has to be a tuple of them"),
        (augmenters(Naming), "Naming.models names 'modelz', which is no option of it"),
        (augmenters(Basing), "Basing.of_base names 'base', which is no option of it"),
        (augmenters(Bare), "Bare.Options is not a subclass of edgeft.plugin.Options"),
        (augmenters(Nothing, Nothing), "two of its augment steps are called 'nothing'"),
        (plugin(edgeft_register_augmentors=[Nothing]), "unknown hook 'edgeft_register_augmentors'"),
    ],
)
def test_what_makes_no_sense_is_set_aside_and_says_why(wrong, said):
    registry = load_plugins([("wrong", wrong), ("somebody", augmenters(Nothing))])
    (broken,) = registry.broken
    assert said in broken.reason
    assert "\n" not in broken.reason
    assert registry.step("augment", "nothing").plugin == "somebody"


def test_a_hook_without_its_mark_is_told():
    module = types.ModuleType("somebody")
    exec("def edgeft_register_augmenters(): return []", module.__dict__)
    (broken,) = load_plugins([("somebody", module)]).broken
    assert broken.reason == "TypeError: edgeft_register_augmenters is no hook: it lacks @hookimpl"


def test_a_default_that_is_refused_is_told_as_the_plugins():
    class Options(NothingOptions):
        times: int = Field(0, ge=1, description="how often")

    class Refusing(Nothing):
        name = "refusing"

    Refusing.Options = Options
    registry = load_plugins([("somebody", augmenters(Refusing))])
    with pytest.raises(PluginError) as caught:
        registry.options("augment", "refusing", {})
    assert caught.value.message.startswith("augment refusing refuses its own default of times: ")
    assert caught.value.hint == "set it, and tell whoever wrote plugin somebody"
    with pytest.raises(PluginError, match="augment refusing: times = -1: "):
        registry.options("augment", "refusing", {"times": -1})


def test_an_option_that_has_to_be_set_is_named():
    registry = load_plugins()
    with pytest.raises(PluginError) as caught:
        registry.options("prune", "layers", {})
    assert caught.value.message == "prune layers needs the option keep"
    assert caught.value.hint == "set it; see: edgeft show prune.layers"


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
    assert caught.value.hint == "install the package that has a_package_that_is_not_there"


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


def test_a_value_of_several_types_is_refused_by_all_of_them():
    with pytest.raises(PluginError) as caught:
        load_plugins().options("prune", "layers", {"keep": "abc"})
    assert caught.value.message.startswith("prune layers: keep = 'abc': Input should be ")
    assert "; or: " in caught.value.message


class Bounds(NothingOptions):
    low: int = Field(1, description="the least")
    high: int = Field(5, description="the most")

    @model_validator(mode="after")
    def check_order(self):
        if self.low >= self.high:
            raise AssertionError("low is not below high")
        return self


def test_options_that_do_not_go_together_are_the_users():
    class Bounded(Nothing):
        name = "bounded"
        Options = Bounds

    registry = load_plugins([("somebody", augmenters(Bounded))])
    with pytest.raises(PluginError) as caught:
        registry.options("augment", "bounded", {"low": 9})
    assert caught.value.message == "augment bounded: low is not below high"


def test_what_a_hook_returns_and_where_it_fails_are_told():
    module = types.ModuleType("somebody")
    code = "\ndef edgeft_register_cleaners():\n    return 1 / 0\n"
    exec(compile(code, "/home/ann/somebody.py", "exec"), module.__dict__)
    module.edgeft_register_cleaners = hookimpl(module.edgeft_register_cleaners)
    wrong = plugin(edgeft_register_augmenters=None)
    tasks = plugin(edgeft_register_tasks=[int])
    found = load_plugins([("a", module), ("b", wrong), ("c", tasks)]).broken
    assert [each.reason for each in found] == [
        "ZeroDivisionError: division by zero (/home/ann/somebody.py, line 3)",
        "TypeError: edgeft_register_augmenters returned None, and not a list of classes",
        "TypeError: <class 'int'> is not a subclass of edgeft.plugin.Task",
    ]
