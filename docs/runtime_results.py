"""What benchmarks/ measured of the runtime, in sentences for docs/runtime.md."""

from typing import Any

from results import read


def sentences() -> str:
    """Everything that is committed, or a sentence where that is nothing yet."""
    parts = [part for part in (overhead(), by_length(), on_cuda()) if part]
    return "\n\n".join(parts) or "No results are committed yet."


def overhead() -> str:
    """The runtime against a bare tokenizer and session, one text at a time."""
    found = read("runtime_overhead")
    if found is None:
        return ""
    lines = [
        f"One text at a time, one thread, on {found['machine']['cpu']}:",
        "",
        "| student | bare tokenizer and session | edgeft.runtime | difference (95 % interval) |",
        "|---|---|---|---|",
    ]
    for name, each in found["models"].items():
        bare, ours = (each["milliseconds"][who]["p50_ms"] for who in ("bare", "edgeft"))
        low, high = each["interval"]
        lines.append(
            f"| {name}, int8 | {bare:.3f} ms | {ours:.3f} ms |"
            f" {each['overhead']:+.1%} ({low:+.1%} to {high:+.1%}) |"
        )
    return "\n".join(lines)


def by_length() -> str:
    """Batches by length against batches in file order."""
    found = read("batch_by_length")
    if found is None:
        return ""
    faster, alone = found["times_faster"], found["one_by_one_takes"]
    low, high = faster["interval"]
    seconds = {name: each["value"] for name, each in found["seconds"].items()}
    return (
        f"{found['what']}, batches of {found['batch_size']}, tokenization included, CPU time:"
        f" {seconds['by length']:.1f} s by length, {seconds['file order']:.1f} s in file order;"
        f" {faster['value']:.2f} times as fast ({low:.2f} to {high:.2f}). One by one, as int8"
        f" graphs are asked where no `batch_size` is given: {seconds['one by one']:.1f} s,"
        f" {alone['value']:.2f} times as long as by length ({alone['interval'][0]:.2f} to"
        f" {alone['interval'][1]:.2f})."
    )


def on_cuda() -> str:
    """Float graphs on a GPU against the torch pipeline in float16 on the same one."""
    found = read("cuda")
    if found is None:
        return ""
    rows = found["benchmark"]["rows"]
    names = {
        "teacher-bundle:fp32": "the teacher's bundle, fp32",
        "student-bundle:fp32": "a student of two of its layers, fp32",
        "teacher:torch-fp16": "torch pipeline on the teacher, fp16",
    }
    sizes = sorted({row["batch_size"] for row in rows})
    lines = [
        f"On {found['machine']['gpu'][0]}, texts of Banking77, from a text to its label, the"
        f" medians of {min(row['calls'] for row in rows)} to {max(row['calls'] for row in rows)}"
        " calls with their 95 % intervals (`edgeft bench --device cuda`):",
        "",
        "| model | " + " | ".join(f"{size} a call" for size in sizes) + " |",
        "|---|" + "---|" * len(sizes),
    ]
    for name, said in names.items():
        times = {row["batch_size"]: row["total"] for row in rows if row["subject"] == name}
        lines.append(f"| {said} | " + " | ".join(median(times[size]) for size in sizes) + " |")
    return "\n".join(lines)


def median(times: dict[str, Any]) -> str:
    """A median with its interval."""
    low, high = times["p50_interval"]
    return f"{times['p50_ms']:.3g} ms ({low:.3g} to {high:.3g})"
