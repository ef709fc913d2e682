"""What the tab key offers: commands, options, and what plugins brought."""

import os
import subprocess
import sys

import pytest


def offered(line: str) -> list[str]:
    """What bash is given to choose from at the end of a line."""
    ran = subprocess.run(
        [sys.executable, "-m", "edgeft"],
        env=os.environ
        | {
            "_EDGEFT_COMPLETE": "complete_bash",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(line.split(" ")) - 1),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.split()


@pytest.mark.parametrize(
    ("line", "choices"),
    [
        ("edgeft qu", ["quantize"]),
        ("edgeft bench some --cold", ["--cold-starts"]),
        ("edgeft distill la", ["layers"]),
        ("edgeft prune ", ["layers", "structure", "vocabulary"]),
        ("edgeft distill layers --set wi", ["width="]),
        ("edgeft distill layers --set keep=2 --set wi", ["width="]),
        ("edgeft distill nonsense --set wi", []),
        ("edgeft show distill.a", ["distill.auto"]),
        ("edgeft show finetune.c", ["finetune.cloze", "finetune.contrastive"]),
        ("edgeft init --task token", ["token-classification"]),
    ],
)
def test_the_tab_key_offers_what_fits(line, choices):
    assert offered(line) == choices


def test_completion_can_be_installed(edgeft):
    shown = edgeft("--help").out
    assert "--install-completion" in shown
