"""A stranger's plugin of two files, a broken one, and one that is in another's way."""

from edgeft.artifacts import Dataset

SHOUT = '''
"""Adds every training text in capital letters."""

from edgeft.plugin import Augmenter, Dataset, Field, Options, hookimpl


class ShoutOptions(Options):
    marks: int = Field(1, ge=0, description="exclamation marks to add")


class Shout(Augmenter[ShoutOptions]):
    """Adds every training text in capital letters."""

    name = "shout"
    Options = ShoutOptions

    def run(self, data: Dataset) -> Dataset:
        from edgeft.data.rows import copy_split, next_id, open_split, write_split

        with self.writing(Dataset, data=data) as draft:
            rows = list(open_split(data, "train"))
            first = next_id(data)
            marks = "!" * self.options.marks
            loud = [
                {**row, "id": first + n, "text": row["text"].upper() + marks, "parent": row["id"]}
                for n, row in enumerate(rows)
            ]
            draft.manifest.rows["train"] = write_split(draft.path, "train", rows + loud)
            for split in data.splits:
                if split != "train":
                    draft.manifest.rows[split] = copy_split(data, draft.path, split)
            draft.figures["added"] = len(loud)
        return draft.artifact


@hookimpl
def edgeft_register_augmenters():
    return [Shout]
'''


def test_plugin_of_two_files_is_listed_and_shown(install, edgeft_process):
    env = install("shout", SHOUT)

    listed = edgeft_process("plugins", env=env).out.splitlines()
    row = next(line.split(maxsplit=3) for line in listed if " shout " in line)
    assert row == ["augment", "shout", "shout", "Adds every training text in capital letters."]
    assert ["shout", "edgeft-shout", "1.2"] in [line.split() for line in listed]

    shown = edgeft_process("show", "shout", env=env).out
    assert "  marks: int = 1\n      exclamation marks to add\n" in shown


def test_plugin_of_two_files_runs(install, edgeft_process, tiny_dataset, tmp_path):
    done = edgeft_process(
        "augment", "shout", "--data", tiny_dataset.path, "--out", "loud", "--set", "marks=3",
        env=install("shout", SHOUT),
    )  # fmt: skip

    assert (done.code, done.err) == (0, "")
    made = Dataset.open(tmp_path / "loud")
    assert made.manifest.rows["train"] == 2 * tiny_dataset.manifest.rows["train"]
    record = made.manifest.history[-1]
    assert (record.plugin, record.version, record.options) == ("shout", "1.2", {"marks": 3})


def test_broken_plugin_is_set_aside_with_one_warning(install, edgeft_process):
    done = edgeft_process("plugins", env=install("broken", "import nothing_of_that_name"))

    reason = "ModuleNotFoundError: No module named 'nothing_of_that_name'"
    assert done.code == 0
    assert done.err.startswith(f"warning: plugin 'broken' is set aside: {reason} (")
    assert done.err.endswith("broken.py, line 1)\n")
    assert f"broken: {reason}" in done.out
    assert "finetune  full" in done.out


def test_doctor_reports_a_broken_plugin(install, edgeft_process):
    done = edgeft_process("doctor", env=install("broken", "1 / 0"))

    assert done.code == 1
    assert "problem: plugin broken is set aside: ZeroDivisionError: division by zero" in done.out
    assert "remedy:  upgrade, mend or uninstall edgeft-broken" in done.out


def test_two_steps_of_one_name_are_an_error_naming_both_plugins(install, edgeft_process):
    twin = SHOUT.replace('name = "shout"', 'name = "mask"')
    done = edgeft_process("plugins", env=install("twin", twin))

    assert done.code == 1
    assert done.err.splitlines() == [
        "error: augment mask is provided twice: by plugin 'augment' and by 'twin'",
        "hint: uninstall twin, or give what it provides another name",
    ]


def test_a_recipe_with_a_broken_plugin_says_that_its_step_is_unknown(
    install, edgeft_process, write_recipe, train_csv, tmp_path
):
    recipe = write_recipe(train_csv, steps="[{augment: shout}, {finetune: full}]")
    env = install("shout", "raise RuntimeError('half written')\n" + SHOUT)
    done = edgeft_process("run", recipe, "--out", "run", env=env)

    assert done.code == 1
    warning, *error = done.err.splitlines()
    assert warning.startswith("warning: plugin 'shout' is set aside: RuntimeError: half written (")
    assert error == [
        "error: unknown augmenter 'shout'",
        "hint: known: combine, contextual, delete, filter, generate, hide, insert, join, mask,"
        " mention, mix, names, neighbours, paraphrase, plant, rewrite, sentences, swap, synonyms,"
        " translate, typos",
    ]
    assert not (tmp_path / "run").exists()
