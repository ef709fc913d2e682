"""What benchmarks/ measured of size, speed and accuracy, in tables for docs/how-small.md."""

from typing import Any

from results import read

from edgeft.benchmark.markdown import digits, machine_line
from edgeft.benchmark.records import Benchmark
from edgeft.report.markdown import table
from edgeft.report.wording import figure, milliseconds, minutes, size


def students() -> str:
    """The students of one Banking77 teacher, each timed against its teacher's pipeline."""
    found = read("banking77")
    if found is None:
        return ""
    rows = timed_rows(
        found,
        ("teacher", "teacher-pipeline", "teacher, transformers pipeline, fp32"),
        ("", "teacher-pipeline-bf16", "the same in bf16"),
        ("", "bundle-fp32", "two-layer student, fp32 bundle"),
        ("bundle", "bundle", "two-layer student, int8 bundle"),
    )
    columns = ["model", "accuracy", "spread", "size", "p50 of one text", "faster than the pipeline"]
    return "\n".join(table(columns, rows))


def timed_rows(found: dict[str, Any], *wanted: tuple[str, str, str]) -> list[list[str]]:
    """Rows of a benchmark: the report's row, where it has one, the subject timed, and its name."""
    accuracy = found["summary"]["accuracy"]
    timed = {row["subject"]: row for row in found["benchmark"]["rows"] if row["batch_size"] == 1}
    sizes = {each["name"]: each["size_bytes"] for each in found["benchmark"]["subjects"]}
    pipeline = timed["teacher-pipeline"]["total"]["p50_ms"]
    return [
        [
            shown,
            figure(accuracy[row]["mean"]) if row else "",
            seeds(accuracy[row]) if row else "",
            size(sizes[subject]),
            milliseconds(timed[subject]["total"]["p50_ms"]),
            f"{pipeline / timed[subject]['total']['p50_ms']:.1f} times",
        ]
        for row, subject, shown in wanted
    ]


def levers() -> str:
    """The shipped student with one lever left out at a time."""
    found = read("levers")
    if found is None:
        return "Not measured yet."
    rows = [
        [
            each["without"],
            figure(each["accuracy"]),
            size(each["bytes"]),
            milliseconds(each["p50_ms"]),
            f"{each['times_the_whole']:.2f}",
        ]
        for each in found["rows"]
    ]
    return "\n".join(table(["left out", "accuracy", "size", "p50 of one text", "times"], rows))


def first_recipe() -> str:
    """What `edgeft init` writes, run untouched on several data sets."""
    found = read("first_recipe")
    if found is None:
        return "Not measured yet."
    rows = []
    for name, each in found["data"].items():
        of = each["summary"]
        shipped = [""] * 4
        if of["shipped"]:
            times = of["times_faster_than_pipeline_at_p50"]
            shipped = [
                f"{figure(of['bundle']['mean'])} ({seeds(of['bundle'])})",
                figure(of["share_of_teacher"]["mean"]),
                size(of["size_bytes"]["mean"]),
                f"{times['mean']:.0f} times{span(times)}",
            ]
        rows.append(
            [
                f"{name}, {of['n']:,} test texts",
                ", ".join(sorted(set(filter(None, of["students"])))) or "none within its gate",
                figure(of["baseline"]["mean"]) if "baseline" in of else "",
                f"{figure(of['teacher']['mean'])} ({seeds(of['teacher'])})",
                *shipped,
                "not timed" if was_paused(each) else minutes(of["seconds"]["mean"]),
            ]
        )
    columns = ["data", "student", "baseline", "teacher", "bundle", "share", "size", "faster", "run"]
    timed = [each["speed"][0]["benchmark"] for each in found["data"].values() if each["speed"]]
    machines = {each["machine"]["cpu"]: each for each in timed}
    lines = [machine_line(Benchmark.model_validate(each)) for each in machines.values()]
    return "\n".join([*table(columns, rows), "", *lines])


def was_paused(found: dict[str, Any]) -> bool:
    """Whether a run went on later than it began, so that its time says nothing."""
    return bool(found.get("paused")) or any(run["resumed"] for run in found["runs"])


def span(times: dict[str, float]) -> str:
    """Lowest and highest, where there are several seeds."""
    if times["seeds"] == 1:
        return ""
    return f" ({times['lowest']:.0f} to {times['highest']:.0f})"


def quick() -> str:
    """What the same recipe reaches with the least effort, in a sentence a machine."""
    found, older = read("first_recipe_quick"), read("first_recipe_quick_avx2")
    if found is None:
        return ""
    of = found["data"]["banking77"]["summary"]
    slower = ""
    if older is not None:
        seconds = older["data"]["banking77"]["summary"]["seconds"]["mean"]
        slower = (
            f" With three copies of a text instead of two it took {minutes(seconds)} on"
            f" {older['machine']['cpu']}, which has no AVX-512."
        )
    return (
        f"With `effort: quick` the recipe for Banking77 takes {minutes(of['seconds']['mean'])} on"
        f" two cores of {found['machine']['cpu']}: teacher {figure(of['teacher']['mean'])}, bundle"
        f" {figure(of['bundle']['mean'])} of {size(of['size_bytes']['mean'])}"
        f" ({of['bundle']['seeds']} seed; `benchmarks/first_recipe.py --effort quick`)." + slower
    )


def static() -> str:
    """The static student beside the TF-IDF baseline, in a sentence."""
    found = read("static")
    if found is None:
        return ""
    accuracy, speed = found["accuracy"], found["speed"]["static"]["texts_per_second"]["value"]
    return (
        f"A static student of the same teacher has {figure(accuracy['mean'])} ({seeds(accuracy)})"
        f" in {found['megabytes']:.2f} MB, and answers {speed:,.0f} texts a second on one core"
        " (`benchmarks/static_throughput.py`)."
    )


def seeds(accuracy: dict[str, Any]) -> str:
    """Lowest and highest over the seeds."""
    if accuracy["seeds"] == 1:
        return "1 seed"
    low, high = figure(accuracy["lowest"]), figure(accuracy["highest"])
    return f"{low} to {high}, {accuracy['seeds']} seeds"


def same_model(name: str = "peers") -> str:
    """The same six layers in every engine: milliseconds, and times ours."""
    found = read(name)
    if found is None:
        return ""
    shapes = list(found["shapes"])
    rows = []
    for peer in found["peers"]:
        if not peer.get("graph"):
            continue
        cells = [
            f"{digits(peer['graph'][shape]['p50_ms']['value'])}"
            f" ({peer['graph'][shape]['times_ours']['value']:.2f})"
            for shape in shapes
        ]
        right = peer.get("accuracy") or {}
        rows.append([peer["name"], *cells, figure(right.get("value"))])
    return "\n".join(table(["graph, one thread", *shapes, "accuracy"], rows))


def same_task() -> str:
    """The same task from text to label, as an application would call it."""
    found = read("peers")
    if found is None:
        return ""
    timed = [peer for peer in found["peers"] if peer.get("texts") and peer.get("accuracy")]
    rows = [
        [
            peer["name"],
            f"{peer['texts']['p50_ms']['value']:.3g} ms",
            f"{peer['texts']['times_ours']['value']:.1f}",
            figure(peer["accuracy"]["value"]),
            size(peer["bytes"]),
        ]
        for peer in sorted(timed, key=lambda each: each["texts"]["p50_ms"]["value"])
    ]
    return "\n".join(table(["text to label", "p50", "times ours", "accuracy", "size"], rows))


def over_openvino(name: str = "peers") -> str:
    """Ours over OpenVINO's int8 on the same model, round by round."""
    found = read(name)
    if found is None:
        return ""
    rows = [
        [
            peer["name"],
            *(
                f"{of['value']:.2f} ({of['interval'][0]:.2f} to {of['interval'][1]:.2f})"
                for of in (peer["graph"][shape]["over_openvino_int8"] for shape in found["shapes"])
            ),
            f"{peer['accuracy']['drop']:+.4f}",
        ]
        for peer in found["peers"]
        if peer["name"] in found["summary"]
    ]
    columns = ["time over OpenVINO int8's", *found["shapes"], "accuracy lost to fp32"]
    return "\n".join(table(columns, rows))


def machine(name: str = "peers") -> str:
    """The machine and the versions that the peers were measured with."""
    found = read(name)
    if found is None:
        return ""
    versions: dict[str, str] = {}
    for peer in found["peers"]:
        for name, version in peer["packages"].items():
            if name in ("openvino", "nncf", "ctranslate2", "olive-ai", "optimum-onnx"):
                versions[name] = version
    said = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    return f"{found['machine']['cpu']}, {found['rounds']} rounds, one thread each; {said}."
