"""A benchmark on disk: JSON with every raw value, Markdown, and a picture where it can be drawn."""

import importlib.util
from pathlib import Path

from edgeft.benchmark.markdown import to_markdown
from edgeft.benchmark.records import Benchmark
from edgeft.progress import Progress
from edgeft.writing import as_output_error, refuse_to_overwrite, write_text

SHOWN = 20
"""characters that a note names at most"""


def write_benchmark(
    benchmark: Benchmark, out: Path, progress: Progress, *, force: bool = False
) -> list[Path]:
    """Write benchmark.json, benchmark.md and benchmark.png into `out`; return what was written.

    Without matplotlib there is no picture, and a note says so; another names characters that no
    font here has. Raises OutputError where `out` is taken (without `force`) or cannot be written.
    """
    refuse_to_overwrite(out, force)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise as_output_error(error, out) from error
    record, page, picture = (out / f"benchmark.{kind}" for kind in ("json", "md", "png"))
    write_text(record, benchmark.model_dump_json() + "\n")
    write_text(page, to_markdown(benchmark))
    if importlib.util.find_spec("matplotlib") is None:
        progress.note("no picture without matplotlib: pip install 'edgeft[train]'")
        return [record, page]
    from edgeft.benchmark.plot import draw

    if boxes := draw(benchmark, picture):
        progress.note(
            f"no font here has {boxes[:SHOWN]}: they are boxes in {picture.name}; install one that"
            " has, such as Noto Sans for their script"
        )
    return [record, page, picture]
