"""What benchmarks/ measured of size, speed and accuracy, in tables for docs/how-small.md."""

from typing import Any

from results import read

from edgeft.benchmark.markdown import digits, machine_line
from edgeft.benchmark.records import Benchmark
from edgeft.report.markdown import table
from edgeft.report.wording import figure, milliseconds, minutes, size

CALLED = {"banking77-names": "banking77 by its labels' names alone"}
"""what data sets are called that are another's in disguise"""


def students() -> str:
    """Students of every size of one Banking77 teacher, timed against its pipeline."""
    found = read("frontier")
    if found is None:
        return "Not measured yet."
    timed = {
        each["subject"]: each for each in found["benchmark"]["rows"] if each["batch_size"] == 1
    }
    sizes = {each["name"]: each["size_bytes"] for each in found["benchmark"]["subjects"]}
    whole = [figure(found["teacher"]), "", size(sizes["pipeline"]), *pace(timed, "pipeline")]
    rows = [
        ["teacher, transformers pipeline, fp32", *whole],
        ["the same in bf16", "", "", "", *pace(timed, "pipeline-bf16")],
    ]
    for each in found["rows"]:
        name, accuracy = each["name"], each["accuracy"]
        rows.append(
            [
                "the teacher itself, int8" if name == "teacher" else name,
                f"{figure(accuracy['mean'])} ({seeds(accuracy)})",
                lost(each),
                size(each["bytes"]),
                *pace(timed, name),
            ]
        )
    columns = ["model", "accuracy", "lost points", "size", "p50 of one text", "faster"]
    measured = machine_line(Benchmark.model_validate(found["benchmark"]))
    return "\n".join([*table(columns, rows), "", measured])


def pace(timed: dict[str, Any], name: str) -> list[str]:
    """The median time of a text, and how many times faster than the pipeline that is."""
    ours, pipeline = timed[name]["total"]["p50_ms"], timed["pipeline"]["total"]["p50_ms"]
    return [milliseconds(ours), f"{pipeline / ours:.1f} times"]


def levers(student: str) -> str:
    """A student with one lever left out at a time."""
    found = read("levers")
    if found is None or student not in found.get("students", {}):
        return "Not measured yet."
    rows = [
        [
            each["change"],
            f"{figure(each['accuracy']['mean'])} ({seeds(each['accuracy'])})",
            lost(each),
            size(each["bytes"]),
            milliseconds(each["p50_ms"]),
            between(each["times_the_whole"], each["times_interval"]),
        ]
        for each in found["students"][student]["rows"]
    ]
    change = {"more": "added", "structure": "removed"}.get(student, "left out")
    rows[0][0], rows[0][2], rows[0][-1] = "nothing", "", "1"
    columns = [change, "accuracy", "lost points", "size", "p50 of one text", "times"]
    machine = found["students"][student]["machine"]["cpu"]
    return "\n".join([*table(columns, rows), "", f"{machine}, one thread, taking turns."])


def lost(row: dict[str, Any]) -> str:
    """The points that were lost, with their interval over the texts."""
    drop, low, high = (round(100 * each, 1) + 0 for each in (row["drop"], *row["drop_interval"]))
    return f"{drop:.1f} ({low:.1f} to {high:.1f})"


def between(ratio: float, interval: list[float]) -> str:
    """A ratio with its interval."""
    return f"{ratio:.2f} ({interval[0]:.2f} to {interval[1]:.2f})"


OF_BITS = {
    "banking77-layers-2": "Banking77, two layers, vocabulary trimmed",
    "wnut17-layers-3": "WNUT-17 names, three layers",
    "all-minilm": "all-MiniLM-L6-v2 itself",
}
"""the models whose files were written anew, for a reader"""


def fewer_bits() -> str:
    """What tables and weights of ever fewer bits cost beside int8 ones."""
    found = read("fewer_bits")
    if found is None:
        return "Not measured yet."
    rows = [
        [
            OF_BITS[name] if number == 0 else "",
            each["embeddings"],
            each["weights"],
            f"{figure(each['value'])} {student['metric']}",
            lost(each) if number else "",
            size(each["bytes"]),
            "{:.2f} to {:.2f}".format(*each["times_int8"]) if number else "1",
            f"{each['opens_ms']:.0f} ms",
            f"{each['open_mb']:.0f} MB",
        ]
        for name, student in found["students"].items()
        for number, each in enumerate(student["rows"])
    ]
    columns = ["model", "tables", "weights", "on test", "lost points", "size", "times"]
    columns += ["opens in", "memory"]
    machine = found["machine"]["cpu"]
    return "\n".join([*table(columns, rows), "", f"{machine}, one thread, taking turns."])


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
                f"{CALLED.get(name, name)}, {of['n']:,} test texts",
                ", ".join(sorted(set(filter(None, of["students"])))) or "none within its gate",
                figure(of["baseline"]["mean"]) if "baseline" in of else "",
                f"{figure(of['teacher']['mean'])} ({seeds(of['teacher'])})",
                *shipped,
                "not timed" if was_paused(each) else minutes(of["seconds"]["mean"]),
            ]
        )
    columns = ["data", "student", "baseline", "teacher", "bundle", "share", "size", "faster", "run"]
    return "\n".join([*table(columns, rows), *measured_on(found["data"])])


def measured_on(data: dict[str, Any]) -> list[str]:
    """A paragraph for each machine, which says what was measured there if there are several."""
    machines: dict[str, list[str]] = {}
    timed = {name: each["speed"][0]["benchmark"] for name, each in data.items() if each["speed"]}
    for name, each in timed.items():
        machines.setdefault(each["machine"]["cpu"], []).append(name)
    lines = []
    for names in machines.values():
        measured = machine_line(Benchmark.model_validate(timed[names[-1]]))
        which = f"{', '.join(CALLED.get(name, name) for name in names)}: "
        lines += ["", which * (len(machines) > 1) + measured]
    return lines


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
