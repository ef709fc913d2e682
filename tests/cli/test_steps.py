"""Each step alone, from a file of texts to a quantized bundle, as a stranger would type it."""

import json

import pytest

from edgeft.artifacts import Bundle, Checkpoint, Dataset
from edgeft.pipeline.claiming import claimed_by_step


@pytest.fixture
def run(edgeft):
    """Run a command that has to end well."""

    def ended_well(*arguments):
        done = edgeft(*arguments)
        assert done.code == 0, done.err
        return done

    return ended_well


def test_every_step_works_alone_one_after_the_other(
    run, tiny_dataset, make_tiny_base, tmp_path, edgeft
):
    data, out = tiny_dataset.path, tmp_path
    train = ("--set", "epochs=1", "--set", "batch_size=16", "--set", "precision=fp32")
    common = ("--threads", "1", "--data", data, "--out")

    run("augment", "mask", *common, out / "more", "--set", "copies=2", "--set", "rate=0.3")
    assert Dataset.open(out / "more").manifest.rows["train"] > tiny_dataset.manifest.rows["train"]

    tuned = run(
        "finetune", "full", "--base", make_tiny_base("bert"), *common, out / "teacher", *train
    )
    assert tuned.out.startswith(f"{out / 'teacher'}: checkpoint, ")
    assert Checkpoint.open(out / "teacher").labels == tiny_dataset.labels

    run(
        "distill", "layers", "--teacher", out / "teacher", *common, out / "student", *train,
        "--set", "keep=[0, 3]",
    )  # fmt: skip
    student = Checkpoint.open(out / "student")
    assert student.manifest.history[-1].options["keep"] == [0, 3]
    assert [record.kind for record in student.manifest.history] == ["finetune", "distill"]

    pruned = run(
        "prune", "vocabulary", "--checkpoint", out / "student", *common, out / "pruned",
        "--set", "reserve=10",
    )  # fmt: skip
    assert "vocabulary_of" in pruned.out

    run(
        "export", "onnx", "--checkpoint", out / "pruned", *common, out / "exported",
        "--set", "strategies=[trace]",
    )  # fmt: skip
    quantized = run(
        "quantize", "dynamic", "--bundle", out / "exported", *common, out / "bundle",
        "--max-drop", "1", "--json",
    )  # fmt: skip
    assert json.loads(quantized.out)["method"] == "dynamic"
    bundle = Bundle.open(out / "bundle")
    bundle.verify()
    assert "fp32" in bundle.manifest.variants

    done = edgeft("export", "onnx", "--checkpoint", out / "exported", *common, out / "again")
    assert (done.code, done.last_two) == (
        1,
        [
            f"error: {out / 'exported'} is a bundle, not a checkpoint",
            "hint: name a checkpoint directory",
        ],
    )


def test_a_file_is_prepared_beside_the_output_and_said_so(run, train_csv, tmp_path):
    done = run("augment", "delete", "--data", train_csv, "--out", tmp_path / "more", "--seed", "3")

    assert f"preparing {train_csv} in {tmp_path / 'more.data'}" in done.err
    assert "2 labels in train:" in done.err
    assert Dataset.open(tmp_path / "more.data").labels == ["card", "cash"]
    assert Dataset.open(tmp_path / "more").manifest.history[-1].seed == 3


def test_columns_of_other_names_are_mapped(run, write_csv, good_rows, tmp_path):
    path = write_csv("mails.csv", good_rows(), header=("body", "topic"))
    out = tmp_path / "more"
    run("augment", "delete", "--data", path, "--text", "body", "--label", "topic", "--out", out)
    assert Dataset.open(out).labels == ["card", "cash"]


def test_quiet_says_nothing_but_the_result(edgeft, train_csv, tmp_path):
    done = edgeft("-q", "augment", "delete", "--data", train_csv, "--out", tmp_path / "more")

    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"{tmp_path / 'more'}: dataset, ")


def test_force_replaces_an_earlier_output(run, earlier, train_csv):
    before = Dataset.open(earlier).digest
    run("augment", "swap", "--data", train_csv, "--out", earlier, "--force")
    assert Dataset.open(earlier).digest != before


@pytest.mark.parametrize(
    ("setting", "error", "hint"),
    [
        ("copy=2", "augment delete has no option 'copy'", "did you mean 'copies'?"),
        (
            "copies",
            "--set 'copies' is no KEY=VALUE",
            "such as --set epochs=3 of a step, --set finetune.epochs=3 of a recipe",
        ),
        (
            "copies=[1",
            "--set 'copies=[1': the value is no YAML",
            "put quotes around a text",
        ),
    ],
)
def test_settings_that_cannot_be_used(edgeft, train_csv, tmp_path, setting, error, hint):
    out = tmp_path / "more"
    done = edgeft("augment", "delete", "--data", train_csv, "--out", out, "--set", setting)

    assert (done.code, done.last_two) == (1, [f"error: {error}", f"hint: {hint}"])
    assert not out.exists()


def test_a_second_step_says_who_is_in_its_way(edgeft, train_csv, tmp_path):
    out = tmp_path / "more"
    with claimed_by_step(out):
        done = edgeft("augment", "typos", "--data", train_csv, "--out", out, "--force")
    assert (done.code, done.last_two) == (
        1,
        [
            f"error: another step is at work on {out}",
            "hint: wait until it ends, or name another --out",
        ],
    )
    assert not any(tmp_path.glob("*more*"))


def test_a_student_that_is_looked_for_is_a_step_of_recipes(
    edgeft, tiny_checkpoint, tiny_dataset, tmp_path
):
    done = edgeft(
        "distill", "auto", "--teacher", tiny_checkpoint.path, "--data", tiny_dataset.path,
        "--out", tmp_path / "out",
    )  # fmt: skip
    assert done.last_two == [
        "error: distill auto is a step of recipes: it tries whole students, up to the bundle",
        "hint: write a recipe with `edgeft init`, or name a method such as layers",
    ]


def test_a_step_in_two_processes_wants_prepared_data(edgeft, train_csv, tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    done = edgeft("augment", "delete", "--data", train_csv, "--out", tmp_path / "more")

    assert (done.code, done.last_two) == (
        1,
        [
            "error: a step in several processes needs a dataset that is prepared already",
            "hint: prepare it in one process first, such as by: edgeft augment",
        ],
    )


def test_a_teacher_of_a_review_needs_a_model_to_start_from(edgeft, tiny_dataset, tmp_path):
    given = ("--data", tiny_dataset.path, "--out", tmp_path / "x")
    done = edgeft("clean", "--teacher", "full", *given)
    assert done.code == 1
    assert done.last_two == [
        "error: clean review: teacher full is trained from a pretrained model, and none is named",
        "hint: set `model`, such as --model sentence-transformers/all-MiniLM-L6-v2",
    ]


def test_a_step_that_taught_nothing_says_so(edgeft, tiny_dataset, make_tiny_base, tmp_path):
    common = ("--base", make_tiny_base("bert"), "--threads", "1", "--data", tiny_dataset.path)
    epoch = ("--set", "epochs=1", "--set", "learning_rate=1e-9")
    done = edgeft("finetune", "full", *common, "--out", tmp_path / "teacher", *epoch)
    assert done.code == 0
    assert "teacher has learnt nothing: accuracy 0." in done.err
    assert "or train for more epochs" in done.err
    done = edgeft("finetune", "probe", *common, "--out", tmp_path / "probe")
    assert done.code == 0
    assert "learnt nothing" not in done.err


def test_a_head_that_says_the_same_of_every_text_has_learnt_nothing(
    edgeft, make_tiny_base, tmp_path
):
    texts = [f"word{number} and nothing else" for number in range(80)]
    labels = ["rare" if number % 5 == 0 else "common" for number in range(80)]
    lines = ["text,label", *map(",".join, zip(texts, labels, strict=True))]
    (tmp_path / "texts.csv").write_text("\n".join(lines) + "\n")
    given = ("--base", make_tiny_base("bert"), "--data", tmp_path / "texts.csv", "--threads", "1")
    done = edgeft("finetune", "probe", *given, "--out", tmp_path / "probe")
    assert done.code == 0
    assert "probe has learnt nothing: accuracy 0." in done.err
    assert "is no more than one answer to every text gets. Look whether texts and" in done.err
    assert "answers belong together, or take another base." in done.err


def test_texts_without_labels_come_with_those_that_have_some(run, edgeft, train_csv, tmp_path):
    pool, out = tmp_path / "pool.txt", tmp_path / "more"
    pool.write_text("where is the thing that I wanted\nmy card and the coins\n", encoding="utf-8")
    run("augment", "swap", "--data", train_csv, "--unlabelled", pool, "--out", out)
    assert Dataset.open(out).manifest.rows["unlabelled"] == 2

    done = edgeft(
        "augment", "swap", "--data", out, "--unlabelled", pool, "--out", tmp_path / "again"
    )
    assert done.code == 2
    assert "is a dataset that edgeft prepared, and has its splits" in " ".join(done.err.split())


def test_task_is_that_of_the_data_or_else_of_the_model(run, edgeft, make_every_task, tmp_path):
    made = make_every_task("token-classification")
    common = ("--threads", "1", "--set", "strategies=[trace]")
    run("export", "onnx", "--checkpoint", made.checkpoint, "--data", made.texts, *common,
        "--out", tmp_path / "bundle")  # fmt: skip
    assert Bundle.open(tmp_path / "bundle").task == "token-classification"
    data = tmp_path / "bundle.data"
    assert Dataset.open(data).task == "token-classification"
    run("augment", "mention", "--data", data, "--out", tmp_path / "more")
    assert Dataset.open(tmp_path / "more").task == "token-classification"
    done = edgeft(
        "augment", "mention", "--data", data, "--task", "text-classification",
        "--out", tmp_path / "none",
    )  # fmt: skip
    assert done.last_two[0] == "error: augment mention does not work for text-classification"
