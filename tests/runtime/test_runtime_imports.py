"""The runtime imports numpy, onnxruntime, tokenizers and the standard library only."""

import subprocess
import sys

from edgeft.artifacts import Bundle

BLOCKED = """
import sys

HEAVY = {
    "torch", "transformers", "datasets", "onnx", "sklearn", "safetensors",
    "typer", "rich", "pluggy", "pydantic", "ruamel",
}

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in HEAVY:
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Block())
"""


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_a_bundle_runs_with_the_heavy_packages_blocked(runtime_bundle: Bundle) -> None:
    code = f"""{BLOCKED}
from edgeft.runtime import load
with load({str(runtime_bundle.path)!r}, threads=1) as model:
    print(model("card").label in model.labels, model.selftest().passed)
"""
    assert run(code) == "True True\n"


def test_nothing_else_is_imported() -> None:
    """Whatever stands in sys.modules is there because of the three packages, or is edgeft's."""
    modules = "; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    theirs = run(f"import sys, numpy, onnxruntime, tokenizers{modules}").split()
    ours = run(f"import sys, edgeft.runtime{modules}").split()
    assert set(ours) - set(theirs) - set(sys.stdlib_module_names) == {"edgeft"}
