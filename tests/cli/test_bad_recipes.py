"""Recipes that cannot be run: two lines that say so, and nothing written."""

import pytest


@pytest.fixture
def refused(edgeft, tmp_path, snapshot):
    """Plan and run a recipe, and return the two lines that both end in."""

    def run(recipe, *arguments):
        before = snapshot(tmp_path)
        for command in ("plan", "run"):
            done = edgeft(command, recipe, "--out", tmp_path / "run", *arguments)
            assert done.code == 1
            assert done.out == ""
            assert len(done.err.splitlines()) == 2
        assert snapshot(tmp_path) == before
        error, hint = done.last_two
        assert (error[:7], hint[:6]) == ("error: ", "hint: ")
        return error[7:], hint[6:]

    return run


def test_no_recipe(refused, tmp_path):
    path = tmp_path / "none.yaml"
    assert refused(path) == (f"no recipe at {path}", "make one: edgeft init")


def test_broken_yaml(refused, tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("base: x\ndata: {train: t.csv\nsteps: []\n")
    assert refused(path) == (
        f"{path}, line 3: expected ',' or '}}', but got ':'",
        "mend the YAML",
    )


def test_a_directory_is_no_recipe(refused, tmp_path):
    path = tmp_path / "recipes"
    path.mkdir()
    assert refused(path) == (f"{path} cannot be read: Is a directory", "name a recipe: a YAML file")


def test_a_control_character_is_named_by_its_line(refused, tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("base: x\ndata: {train: t\x07.csv}\nsteps: []\n")
    assert refused(path) == (f"{path}, line 2: control character '\\x07'", "delete it")


def test_a_recipe_of_another_encoding_is_named_by_its_line(refused, tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_bytes("base: x\ndata: {train: caf\u00e9.csv}\n".encode("cp1252"))
    assert refused(path) == (f"{path}, line 2: not valid UTF-8", "save it as UTF-8")


def test_a_key_that_stands_twice(refused, tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("base: x\ndata: {train: t.csv}\nbase: y\nsteps: [{finetune: full}]\n")
    assert refused(path) == (f"{path}, line 3: the key 'base' stands twice", "keep one of them")


def test_a_step_without_a_blank_or_a_method(refused, write_recipe, train_csv):
    path = write_recipe(train_csv, steps="['finetune:full']")
    assert refused(path) == (
        f"{path}: step 'finetune:full' names no method",
        "put a blank after the colon: `finetune: full`",
    )
    path = write_recipe(train_csv, steps="[{finetune: full}, export]")
    assert refused(path) == (
        f"{path}: step 'export' names no method",
        "write `export: {method: NAME}`",
    )
    path = write_recipe(train_csv, steps="[finetne]")
    assert refused(path) == (f"{path}: unknown step 'finetne'", "did you mean 'finetune'?")


def test_misspelt_key(refused, write_recipe, train_csv):
    path = write_recipe(train_csv, gate="{max_drop: 0.1}")
    assert refused(path) == (f"{path}: unknown key 'gate'", "did you mean 'gates'?")


def test_all_misspelt_keys_are_told_together(refused, write_recipe, train_csv):
    path = write_recipe(train_csv, gate="{max_drop: 0.1}", bench="{thread: 1}")
    assert refused(path) == (
        f"{path}: unknown key 'bench.thread', 'gate'",
        "bench.thread: did you mean 'threads'?; gate: did you mean 'gates'?",
    )
    path = write_recipe(train_csv, steps="[{finetune: {method: full, epoch: 1, batch: 2}}]")
    assert refused(path) == (
        "finetune full has no option 'epoch', 'batch'",
        "epoch: did you mean 'epochs'?; batch: did you mean 'batch_size'?",
    )


def test_misspelt_key_deep_inside(refused, write_recipe, train_csv):
    path = write_recipe(train_csv, gates="{max_dorp: 0.1}")
    assert refused(path) == (f"{path}: unknown key 'gates.max_dorp'", "did you mean 'max_drop'?")


def test_missing_key(refused, tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("data: {train: t.csv}\nsteps: [{finetune: full}]\n")
    assert refused(path) == (f"{path}: base is missing", "add `base:`")


def test_data_without_anything_to_learn(refused, tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("base: x\ndata: {validation: t.csv}\nsteps: [{finetune: full}]\n")
    assert refused(path) == (
        f"{path}: neither train nor labels is given",
        "name texts with labels as train",
    )
    path.write_text("base: x\ndata: {labels: [a, b]}\nsteps: [{finetune: names}]\n")
    assert refused(path) == (
        f"{path}: labels are names alone, and nothing says how well they do",
        "name some labelled texts as validation",
    )


def test_misspelt_step(refused, write_recipe, train_csv):
    path = write_recipe(train_csv, steps="[{finetun: full}]")
    assert refused(path) == (f"{path}: unknown step 'finetun'", "did you mean 'finetune'?")


def test_misspelt_method(refused, write_recipe, train_csv):
    path = write_recipe(train_csv, steps="[{finetune: fulll}]")
    assert refused(path) == ("unknown finetuner 'fulll'", "did you mean 'full'?")


def test_misspelt_option(refused, write_recipe, train_csv):
    path = write_recipe(train_csv, steps="[{finetune: {method: full, epoch: 3}}]")
    assert refused(path) == ("finetune full has no option 'epoch'", "did you mean 'epochs'?")


def test_option_of_the_wrong_kind(refused, write_recipe, train_csv):
    path = write_recipe(train_csv, steps="[{finetune: {method: full, epochs: many}}]")
    assert refused(path) == (
        "finetune full: epochs = 'many': Input should be a valid number, unable to parse string"
        " as a number",
        "see: edgeft show finetune.full",
    )


def test_steps_in_an_impossible_order(refused, write_recipe, train_csv):
    path = write_recipe(train_csv, steps="[{export: onnx}, {finetune: full}]")
    assert refused(path) == (f"{path}: step export comes before any finetune", "move it down")
    path = write_recipe(train_csv, steps="[{finetune: full}, {quantize: dynamic}]")
    assert refused(path) == (f"{path}: step quantize has no export step before it", "add one")
    path = write_recipe(train_csv, steps="[{distill: layers}, {export: onnx}]")
    assert refused(path) == (
        f"{path}: step distill has no finetune step before it",
        "add one, or name a `teacher:`",
    )
    path = write_recipe(train_csv, steps="[{finetune: full}, {export: onnx}, {augment: mask}]")
    assert refused(path) == (f"{path}: step augment comes after export", "move it up")


def test_unknown_plugin(refused, write_recipe, train_csv):
    path = write_recipe(train_csv, steps="[{augment: shout}, {finetune: full}]")
    assert refused(path) == (
        "unknown augmenter 'shout'",
        "known: combine, contextual, delete, filter, generate, hide, insert, join, mask, mention,"
        " mix, names, neighbours, paraphrase, plant, rewrite, sentences, swap, synonyms, translate,"
        " typos",
    )


def test_unknown_task(refused, write_recipe, train_csv):
    path = write_recipe(train_csv, task="text-clasification")
    assert refused(path) == (
        "unknown task 'text-clasification'",
        "did you mean 'text-classification'?",
    )


def test_unknown_metric(refused, write_recipe, train_csv):
    path = write_recipe(train_csv, gates="{metric: recall}")
    error, hint = refused(path)
    assert error == "task text-classification knows no metric 'recall'"
    assert hint.startswith("it knows: accuracy")


def test_setting_without_a_value(refused, write_recipe, train_csv):
    assert refused(write_recipe(train_csv), "--set", "seed") == (
        "--set 'seed' is no KEY=VALUE",
        "such as --set epochs=3 of a step, --set finetune.epochs=3 of a recipe",
    )


def test_setting_of_a_step_that_the_recipe_does_not_have(refused, write_recipe, train_csv):
    assert refused(write_recipe(train_csv), "--set", "distill.epochs=1") == (
        "cannot set 'distill.epochs': the recipe has no distill step",
        "add the step to it",
    )


def test_setting_of_a_step_by_its_place(refused, write_recipe, train_csv):
    assert refused(write_recipe(train_csv), "--set", "steps.0.finetune.epochs=1") == (
        "cannot set 'steps.0.finetune.epochs': a step is named by its kind, and not by its place",
        "such as finetune.epochs, for all steps of the kind",
    )


@pytest.mark.parametrize("key", ["probe.epochs", "epochs"])
def test_setting_of_an_option_without_its_kind_of_step(refused, write_recipe, train_csv, key):
    assert refused(write_recipe(train_csv), "--set", f"{key}=1") == (
        f"cannot set '{key}': a recipe has no key '{key.partition('.')[0]}'",
        "name an option behind its kind of step, such as finetune.epochs",
    )


def test_setting_of_an_option_behind_its_method(refused, write_recipe, train_csv):
    steps = "[{augment: mask}, {finetune: full}]"
    assert refused(write_recipe(train_csv, steps=steps), "--set", "mask.copies=1") == (
        "cannot set 'mask.copies': a recipe has no key 'mask'",
        "name an option behind its kind of step, such as augment.copies",
    )


def test_options_that_exclude_each_other(refused, write_recipe, train_csv):
    path = write_recipe(train_csv, steps="[{finetune: {method: auto, among: [auto]}}]")
    error, hint = refused(path)
    assert "Value error" not in error
    assert hint
    path = write_recipe(
        train_csv, steps="[{finetune: {method: full, old_data: data, max_length: 32}}]"
    )
    assert refused(path) == (
        "finetune full: old_data is that of continue_from",
        "name a checkpoint there",
    )


def test_setting_of_an_unknown_key(refused, write_recipe, train_csv):
    path = write_recipe(train_csv)
    assert refused(path, "--set", "gates.max_dorp=1") == (
        f"{path}: unknown key 'gates.max_dorp'",
        "did you mean 'max_drop'?",
    )


def test_a_run_directory_that_no_run_made(edgeft, write_recipe, train_csv, tmp_path, snapshot):
    out = tmp_path / "mine"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")
    recipe = write_recipe(train_csv)
    before = snapshot(tmp_path)
    done = edgeft("run", recipe, "--out", out)

    assert (done.code, done.last_two) == (
        1,
        [
            f"error: {out} exists already, and no run made it",
            "hint: name another, or add --force",
        ],
    )
    assert snapshot(tmp_path) == before
