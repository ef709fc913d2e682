"""Which graph ships and why: a few rows, and all that was timed for it in a folded block."""

from typing import Any

from edgeft.report.blocks import Block, Details, Table, facts
from edgeft.report.wording import leaf


def choice(found: dict[str, Any]) -> list[Block]:
    """What an exporter's `capture` and a quantizer's `variant` say of their choice."""
    if not found:
        return []
    variant, capture = found.get("variant", {}), found.get("capture", {})
    texts = variant.get("texts")
    rows = [
        ("variant", variant.get("chosen", "")),
        ("why this variant", variant.get("reason", "")),
        ("session options", session(variant)),
        ("graph", graph(capture)),
        ("why this graph", capture.get("reason", "")),
        ("timed on", f"{texts:,} validation texts, one at a time" if texts else ""),
    ]
    kept = [[what, said] for what, said in rows if said]
    table: list[Block] = [Table(["what", "chosen"], kept)] if kept else []
    return [*table, Details("All that was timed to choose", facts(found))]


def session(variant: dict[str, Any]) -> str:
    """The session options of the chosen variant, where some were compared."""
    compared = variant.get("sessions", {}).get(variant.get("chosen"))
    if compared is None:
        return ""
    options = compared.get("options", {})
    return ", ".join(f"{name}: {leaf(value)}" for name, value in options.items()) or (
        "onnxruntime's own: no other was faster beyond doubt"
    )


def graph(capture: dict[str, Any]) -> str:
    """How the graph was captured, and what was rewritten in it."""
    rewrites = capture.get("rewrites")
    rewritten = f", rewritten: {', '.join(rewrites)}" if rewrites else ""
    return f"captured by {capture['strategy']}{rewritten}" if capture.get("strategy") else ""
