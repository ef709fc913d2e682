"""The snippets of the runtime's pages run."""

import re
import shutil
from pathlib import Path

import pytest

from edgeft.artifacts import Bundle

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", ["runtime", "bundle-format"])
def test_snippets_run(
    page: str, runtime_bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(runtime_bundle.path, tmp_path / "runs" / "mine" / "bundle")
    monkeypatch.chdir(tmp_path)
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    snippets = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    assert snippets
    for snippet in snippets:
        exec(compile(snippet, page, "exec"), {})
