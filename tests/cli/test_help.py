"""`edgeft --help` and friends: sections, speed of start, version, wrong usage."""

import subprocess
import sys
from typing import get_type_hints

from edgeft import __version__
from edgeft.cli.app import SECTIONS


def test_help_lists_every_command_in_its_section(edgeft):
    shown = edgeft("--help")

    assert shown.code == 0
    for title, commands in SECTIONS.items():
        section = shown.out.partition(f"{title}:\n")[2].partition("\n\n")[0]
        assert [line.split()[0] for line in section.splitlines()] == [
            command.__name__ for command in commands
        ]


def test_no_command_in_the_overview_is_cut_short(edgeft):
    _, *lines = edgeft("--help").out.splitlines()
    assert [line for line in lines if "..." in line] == []


def test_a_command_without_arguments_shows_help(edgeft):
    shown = edgeft()

    assert shown.code == 2
    assert shown.err.rstrip() == edgeft("--help").out.rstrip()


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from edgeft.cli import main; main(['--help']);"
        "heavy = {'torch', 'transformers', 'datasets', 'numpy', 'onnx', 'onnxruntime', 'sklearn',"
        " 'tokenizers', 'pydantic', 'pluggy', 'ruamel', 'rich', 'matplotlib'};"
        "sys.exit(repr(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_command_has_help_for_every_option(edgeft):
    for commands in SECTIONS.values():
        for command in commands:
            shown = edgeft(command.__name__, "--help")
            assert shown.code == 0
            assert command.__doc__
            for name, annotation in get_type_hints(command, include_extras=True).items():
                assert name == "return" or annotation.__metadata__[0].help, (command, name)


def test_version_is_that_of_the_package(edgeft):
    assert edgeft("--version").out == f"edgeft {__version__}\n"


def test_a_misspelt_command_is_wrong_usage(edgeft):
    shown = edgeft("quantise")

    assert shown.code == 2
    assert "No such command 'quantise'. Did you mean 'quantize'?" in shown.err


def test_a_missing_option_is_wrong_usage(edgeft):
    shown = edgeft("export", "onnx")

    assert shown.code == 2
    assert "Missing option '--checkpoint'" in shown.err


def test_the_module_is_a_command_too():
    done = subprocess.run(
        [sys.executable, "-m", "edgeft", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"edgeft {__version__}\n"
