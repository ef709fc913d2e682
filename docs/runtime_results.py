"""What benchmarks/ measured of the runtime, in sentences for docs/runtime.md."""

from results import read


def sentences() -> str:
    """Everything that is committed, or a sentence where that is nothing yet."""
    parts = [part for part in (overhead(), by_length()) if part]
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
    faster = found["times_faster"]
    low, high = faster["interval"]
    seconds = {name: each["value"] for name, each in found["seconds"].items()}
    return (
        f"{found['what']}, batches of {found['batch_size']}, tokenization included:"
        f" {seconds['by length']:.1f} s by length, {seconds['file order']:.1f} s in file order;"
        f" {faster['value']:.2f} times as fast ({low:.2f} to {high:.2f})."
    )
