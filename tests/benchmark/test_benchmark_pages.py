"""What a person sees of a benchmark: a page, a picture, files."""

import importlib.util
from pathlib import Path

import pytest
from matplotlib import font_manager

from edgeft.benchmark.files import write_benchmark
from edgeft.benchmark.markdown import digits, to_markdown
from edgeft.benchmark.plot import draw, families
from edgeft.benchmark.records import Benchmark
from edgeft.errors import OutputError
from edgeft.progress import Silence

PAGE = Path(__file__).with_name("benchmark.md")


class Notes(Silence):
    def __init__(self):
        self.heard = []

    def note(self, message):
        self.heard.append(message)


def test_the_page_is_as_it_stands_beside_this_test(benchmark):
    assert to_markdown(benchmark) == PAGE.read_text(encoding="utf-8")


def test_the_page_fits_a_terminal_of_100_columns(benchmark):
    assert max(map(len, to_markdown(benchmark).splitlines())) <= 100


def test_a_page_without_cold_starts_and_notes_has_no_empty_sections(benchmark):
    page = to_markdown(benchmark.model_copy(update={"cold_starts": [], "notes": []}))
    assert "## Cold start" not in page
    assert "## Notes" not in page


def test_numbers_have_three_digits_and_no_exponent():
    assert [digits(value) for value in (0.0372, 9.254, 123456.0)] == ["0.0372", "9.25", "123,456"]


def test_the_picture_is_a_png_of_a_sensible_size(benchmark, tmp_path):
    picture = tmp_path / "benchmark.png"
    draw(benchmark, picture)
    data = picture.read_bytes()
    assert data.startswith(b"\x89PNG")
    width, height = (int.from_bytes(data[at : at + 4]) for at in (16, 20))
    assert (width, 400 < height < 1200) == (1200, True)


def test_names_in_any_script_find_a_font_or_are_told(benchmark, tmp_path, monkeypatch):
    assert families("bundle الفندق")[1] == ""
    ours = [each for each in font_manager.fontManager.ttflist if each.name == "DejaVu Sans"]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", ours)
    assert families("a好评") == (["DejaVu Sans"], "好评")
    written = benchmark.model_dump_json().replace("bundle:int8", "好评")
    progress = Notes()
    write_benchmark(Benchmark.model_validate_json(written), tmp_path / "bench", progress)
    assert progress.heard == [
        "no font here has 好评: they are boxes in benchmark.png; install one that has, such as Noto"
        " Sans for their script"
    ]


def test_all_three_files_are_written_and_read_back(benchmark, tmp_path):
    written = write_benchmark(benchmark, tmp_path / "bench", Silence())
    assert [path.name for path in written] == [
        "benchmark.json",
        "benchmark.md",
        "benchmark.png",
    ]
    assert Benchmark.model_validate_json(written[0].read_text()) == benchmark


def test_a_directory_that_is_taken_is_kept(benchmark, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        write_benchmark(benchmark, tmp_path, Silence())
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert len(write_benchmark(benchmark, tmp_path, Silence(), force=True)) == 3


def test_without_matplotlib_a_note_stands_for_the_picture(benchmark, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    progress = Notes()
    written = write_benchmark(benchmark, tmp_path / "bench", progress)
    assert [path.name for path in written] == ["benchmark.json", "benchmark.md"]
    assert progress.heard == ["no picture without matplotlib: pip install 'edgeft[train]'"]
