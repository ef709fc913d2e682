"""Models that cannot be used, packages that are missing, training that fails."""

import re
import shutil

import pytest

BLOCK = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {packages}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocked())
import importlib.util
whole = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: (
    None if name.partition(".")[0] in {packages} else whole(name, package)
)
"""
TRAIN = (
    "torch", "transformers", "datasets", "accelerate", "peft", "safetensors", "huggingface_hub",
    "optimum", "onnx", "onnxscript", "sklearn", "matplotlib", "pyarrow", "pandas", "scipy",
)  # fmt: skip


@pytest.fixture
def refused(edgeft, write_recipe, train_csv, tmp_path, snapshot):
    """Plan and run a recipe with some base, and return the two lines that both end in."""

    def run(base):
        recipe = write_recipe(train_csv, base=f"'{base}'")
        before = snapshot(tmp_path)
        for command in ("plan", "run"):
            done = edgeft(command, recipe, "--out", tmp_path / "run")
            assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 2), done.err
        assert snapshot(tmp_path) == before
        return [line.partition(": ")[2] for line in done.last_two]

    return run


def test_a_directory_that_is_not_there(refused, tmp_path):
    path = tmp_path / "no-model"
    assert refused(path) == [f"no model directory at {path}", "check the path"]


def test_a_directory_that_is_no_model(refused, tmp_path):
    (tmp_path / "folder").mkdir()
    assert refused(tmp_path / "folder") == [
        f"{tmp_path / 'folder'} is no Hugging Face model: it has no config.json",
        "check the name",
    ]


def test_a_model_without_safetensors(refused, make_tiny_base, tmp_path):
    path = tmp_path / "pickled"
    shutil.copytree(make_tiny_base("bert"), path)
    (path / "model.safetensors").rename(path / "pytorch_model.bin")
    assert refused(path) == [
        f"{path} has no safetensors weights, and edgeft loads no pickle",
        "load it where you trust it and save_pretrained() it with transformers 5",
    ]


def test_a_bundle_as_a_base(refused, tiny_bundle):
    assert refused(tiny_bundle.path) == [
        f"{tiny_bundle.path} is a bundle, and there is nothing in it to train",
        "name the checkpoint that it was exported from",
    ]


def test_a_model_id_without_network(refused, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert refused("org/no-such-model") == [
        "model 'org/no-such-model' is no directory, and the hub cannot be reached",
        "connect, or download it elsewhere and name its directory",
    ]


def test_a_package_that_is_not_installed(refused):
    assert refused("pkg:no_such_package/model") == [
        "model pkg:no_such_package/model: no package 'no_such_package' is installed",
        "check the name: it is the one that Python imports",
    ]


def test_training_without_torch(edgeft_process, write_recipe, train_csv, tmp_path, snapshot):
    recipe = write_recipe(train_csv)
    before = snapshot(tmp_path)
    block = BLOCK.format(packages={"torch"})
    for command in ("plan", "run"):
        done = edgeft_process(command, recipe, "--out", "run", prelude=block)
        assert done.code == 1
        assert done.err.splitlines() == [
            "error: finetuner 'full' needs torch",
            "hint: pip install 'edgeft[train]'",
        ]
    assert snapshot(tmp_path) == before


def test_lora_without_peft(edgeft_process, tiny_dataset, make_tiny_base):
    done = edgeft_process(
        "finetune", "lora", "--base", make_tiny_base("bert"), "--data", tiny_dataset.path,
        "--out", "adapted", prelude=BLOCK.format(packages={"peft"}),
    )  # fmt: skip

    assert (done.code, done.err.splitlines()) == (
        1,
        ["error: finetuner 'lora' needs peft", "hint: pip install 'edgeft[train]'"],
    )


def test_scoring_without_the_train_extra(edgeft_process, make_tiny_checkpoint, train_csv):
    done = edgeft_process(
        "evaluate", make_tiny_checkpoint("bert").path, "--data", train_csv,
        prelude=BLOCK.format(packages=set(TRAIN)),
    )  # fmt: skip

    assert done.code == 1
    error, hint = done.err.splitlines()
    assert error.startswith("error: this needs ")
    assert hint == "hint: pip install 'edgeft[train]'"


def test_doctor_and_plugins_work_without_the_train_extra(edgeft_process):
    block = BLOCK.format(packages=set(TRAIN))
    listed = edgeft_process("plugins", prelude=block)
    assert (listed.code, listed.err) == (0, "")
    assert "finetune  full" in listed.out
    examined = edgeft_process("doctor", prelude=block)
    assert (examined.code, examined.err) == (0, "")
    assert "not installed: pip install 'edgeft[train]' to train here" in examined.out


def test_a_loss_that_is_no_number(edgeft, tiny_dataset, make_tiny_base, tmp_path):
    done = edgeft(
        "finetune", "full", "--base", make_tiny_base("bert"), "--data", tiny_dataset.path,
        "--out", tmp_path / "nan", "--set", "learning_rate=1e30", "--set", "epochs=4",
        "--set", "precision=fp32",
    )  # fmt: skip

    assert done.code == 1
    error, hint = done.last_two
    assert re.fullmatch(r"error: the loss is (nan|inf) at step \d+", error)
    assert hint == "hint: lower learning_rate, or set precision to fp32"
    assert not (tmp_path / "nan").exists()


def test_weights_that_are_cut_off_are_told(edgeft, tiny_checkpoint, tiny_dataset, tmp_path):
    cut = tmp_path / "cut"
    shutil.copytree(tiny_checkpoint.path, cut)
    weights = cut / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    done = edgeft("evaluate", cut, "--data", tiny_dataset.path)
    assert done.code == 1
    assert done.last_two[0].startswith(f"error: the weights in {cut} are not whole: ")
    assert done.last_two[1] == "hint: copy or make the model again"
