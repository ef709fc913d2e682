"""What benchmarks/ measured of size, speed and accuracy, in tables for docs/how-small.md."""

from typing import Any

from results import read

from edgeft.report.markdown import table
from edgeft.report.wording import figure, milliseconds, size


def students() -> str:
    """The students of one Banking77 teacher: of layers, and static."""
    rows = [*layers(), *static()]
    columns = ["model", "accuracy", "spread", "size", "p50 of one text", "faster than the pipeline"]
    return "\n".join(table(columns, rows)) if rows else ""


def layers() -> list[list[str]]:
    """The teacher and the shipped student, timed against each other."""
    found = read("banking77")
    if found is None:
        return []
    accuracy = found["summary"]["accuracy"]
    timed = {row["subject"]: row for row in found["benchmark"]["rows"] if row["batch_size"] == 1}
    sizes = {each["name"]: each["size_bytes"] for each in found["benchmark"]["subjects"]}
    rows = []
    for name, subject, shown in (
        ("teacher", "teacher-pipeline", "teacher, transformers pipeline, fp32"),
        ("teacher", "teacher-pipeline-bf16", "the same in bf16"),
        ("bundle", "bundle-fp32", "two-layer student, fp32 bundle"),
        ("bundle", "bundle", "two-layer student, int8 bundle"),
    ):
        p50 = timed[subject]["total"]["p50_ms"]
        pipeline = timed["teacher-pipeline"]["total"]["p50_ms"]
        exact = subject in ("teacher-pipeline", "bundle")
        rows.append(
            [
                shown,
                figure(accuracy[name]["mean"]) if exact else "",
                seeds(accuracy[name]) if exact else "",
                size(sizes[subject]),
                milliseconds(p50),
                f"{pipeline / p50:.1f} times",
            ]
        )
    return rows


def levers() -> str:
    """The shipped student with one lever left out at a time."""
    found = read("levers")
    if found is None:
        return ""
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


def static() -> list[list[str]]:
    """The static student, timed beside the TF-IDF baseline."""
    found = read("static")
    if found is None:
        return []
    accuracy, one = found["accuracy"], found["speed"]["static"]["one_text"]
    return [
        [
            "static student, int8 bundle",
            figure(accuracy["mean"]),
            seeds(accuracy),
            f"{found['megabytes']:.1f} MB",
            milliseconds(one["p50_ms"]),
            "",
        ]
    ]


def seeds(accuracy: dict[str, Any]) -> str:
    """Lowest and highest over the seeds."""
    if accuracy["seeds"] == 1:
        return "1 seed"
    low, high = figure(accuracy["lowest"]), figure(accuracy["highest"])
    return f"{low} to {high}, {accuracy['seeds']} seeds"


def same_model() -> str:
    """The same six layers in every engine: milliseconds, and times ours."""
    found = read("peers")
    if found is None:
        return ""
    shapes = list(found["shapes"])
    rows = []
    for peer in found["peers"]:
        if not peer.get("graph"):
            continue
        cells = [
            f"{peer['graph'][shape]['p50_ms']['value']:.3g}"
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


def machine() -> str:
    """The machine and the versions that the peers were measured with."""
    found = read("peers")
    if found is None:
        return ""
    versions: dict[str, str] = {}
    for peer in found["peers"]:
        for name, version in peer["packages"].items():
            if name in ("openvino", "nncf", "ctranslate2", "olive-ai", "optimum-onnx"):
                versions[name] = version
    said = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    return f"{found['machine']['cpu']}, {found['rounds']} rounds, one thread each; {said}."
