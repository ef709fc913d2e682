import pytest

from edgeft.gates import GateResult
from edgeft.manifests import BundleManifest, File, Record, Variant
from edgeft.report import Attempt, Report, Row, StepRun
from edgeft.tasks import Scores


def scores(accuracy: float, confusion: list[list[int]], error: float) -> Scores:
    return Scores(
        n=20,
        calibration_error=error,
        metrics={"accuracy": accuracy, "macro_f1": accuracy},
        per_class=[
            {"label": "a|b", "precision": 0.9, "recall": 0.8, "f1": 0.847, "support": 10},
            {"label": "<c>", "precision": 0.82, "recall": 0.9, "f1": 0.857, "support": 10},
        ],
        confusion=confusion,
    )


def split(rows: int) -> dict[str, object]:
    return {
        "rows": rows,
        "labels": {"a|b": rows // 2, "<c>": rows // 2},
        "characters": {"p50": 40, "p95": 90, "max": 1200},
        "words": {"p50": 8, "p95": 19, "max": 230},
        "duplicates": {"exact": 0, "near": 2},
    }


def timing(p50: float) -> dict[str, object]:
    return {
        "p50_ms": p50,
        "p50_interval": (p50 * 0.95, p50 * 1.05),
        "p90_ms": p50 * 1.5,
        "p90_interval": (p50, p50 * 2),
        "p99_ms": p50 * 3,
        "p99_interval": (p50, p50 * 4),
        "raw_ms": [p50],
    }


@pytest.fixture
def benchmark() -> dict[str, object]:
    machine = {
        "cpu": "Some CPU 9",
        "architecture": "x86_64",
        "cores": 4,
        "usable_cores": 2,
        "flags": ["avx2"],
        "memory_bytes": 8_000_000_000,
        "virtual": False,
        "governor": "",
        "load_average": 0.1,
        "gpu": [],
        "system": "Linux 6",
        "python": "3.11.7",
        "packages": {"onnxruntime": "1.31.1"},
        "date": "2026-11-22T10:00:00Z",
    }
    timed = {
        "subject": "bundle",
        "provider": "CPUExecutionProvider",
        "threads": 1,
        "batch_size": 1,
        "calls": 1,
        "calls_a_round": 1,
        "total": timing(0.334),
        "texts_a_second": {"value": 2994.0, "interval": (2800.0, 3100.0)},
        "ratio": {"value": 1.0, "interval": (1.0, 1.0)},
        "agreement": 1.0,
        "cores_used": 1.0,
        "peak_memory_bytes": 95_000_000,
    }
    cold = {
        "subject": "bundle",
        "n": 5,
        "seconds": {"value": 0.41, "interval": (0.4, 0.45)},
        "import_seconds": 0.21,
        "load_seconds": 0.15,
        "answer_seconds": 0.01,
        "raw_seconds": [0.41],
    }
    return {
        "machine": machine,
        "texts": {"n": 200, "characters": {"p50": 40.0, "p95": 90.0, "max": 200.0}},
        "device": "cpu",
        "seconds": 10.0,
        "seed": 0,
        "subjects": [],
        "rows": [timed],
        "cold_starts": [cold],
        "notes": ["The machine was busy."],
    }


def row(name: str, value: float, **more: object) -> Row:
    return Row.model_validate(
        {
            "name": name,
            "what": f"the {name}",
            "split": "test",
            "metric": "accuracy",
            "value": value,
            "n": 20,
            "interval": (value - 0.1, value + 0.05),
            **more,
        }
    )


@pytest.fixture
def report(benchmark: dict[str, object]) -> Report:
    return Report(
        edgeft="0.1.0",
        created="2026-11-22T10:00:00Z",
        task="text-classification",
        labels=["a|b", "<c>"],
        recipe={"task": "text-classification", "base": "m", "steps": [{"export": "onnx"}]},
        data={
            "labels": 2,
            "splits": {"train": split(1000), "test": split(20)},
            "conflicting": 0,
            "overlap": {"test": {"exact": 0, "near": 1}},
            "notes": ["3 empty texts were left out"],
        },
        rows=[
            row("baseline", 0.7, size_bytes=1_500_000, p50_ms=0.0412),
            row("teacher", 0.9, scores=scores(0.9, [[9, 1], [1, 9]], 0.1234)),
            row(
                "bundle",
                0.85,
                size_bytes=15_800_000,
                p50_ms=0.334,
                scores=scores(0.85, [[8, 2], [1, 9]], 0.056),
                note="int8",
            ),
        ],
        gates=[
            GateResult(
                step="quantize-dynamic",
                metric="accuracy",
                reference=0.86,
                candidate=0.85,
                drop=0.01,
                interval=(-0.01, 0.03),
                n=200,
                allowed=0.01,
                passed=True,
            )
        ],
        steps=[
            StepRun(
                name="finetune-full",
                kind="finetune",
                method="full",
                seconds=200.4,
                cached=False,
                figures={"loss": 0.1234567, "log": [{"epoch": 1, "loss": 0.5}]},
            ),
            StepRun(name="export-onnx", kind="export", method="onnx", seconds=0, cached=True),
        ],
        choice={
            "capture": {
                "strategy": "dynamo",
                "rewrites": ["first-token", "plain"],
                "reason": "it is faster beyond doubt",
            },
            "variant": {
                "chosen": "int8",
                "reason": "the fastest that passes",
                "p50_ms": {"fp32": 1.25, "int8": 0.334},
                "sessions": {
                    "fp32": {"options": {}, "duels": {}},
                    "int8": {
                        "options": {"arena": False},
                        "duels": {
                            "without arena": {"against": "as it is", "ratio": 0.95},
                            "without arena, extended": {"against": "without arena", "ratio": 1.02},
                        },
                    },
                },
                "texts": 64,
            },
        },
        benchmark=benchmark,
        verdict="The bundle beats the baseline by 0.150.",
        seconds=3900,
        peak_memory_bytes=1_234_000_000,
    )


@pytest.fixture
def bundle_manifest(benchmark: dict[str, object]) -> BundleManifest:
    return BundleManifest(
        edgeft="0.1.0",
        task="text-classification",
        labels=["no", "yes"],
        minimum_onnxruntime="1.20",
        inputs=["input_ids", "attention_mask"],
        max_length=64,
        variants={
            "fp32": Variant(
                file="onnx/model.onnx", kind="fp32", opset=20, ir_version=10, weight_type="float32"
            ),
            "int8": Variant(
                file="onnx/model_quantized.onnx",
                kind="int8-dynamic",
                opset=20,
                ir_version=10,
                weight_type="int8",
                cpu="VNNI",
            ),
        },
        chosen="int8",
        files={"onnx/model.onnx": File(sha256="0" * 64, bytes=91_000_000)},
        metrics={
            "metric": "accuracy",
            "value": 0.925,
            "n": 3080,
            "interval": [0.916, 0.934],
            "split": "test",
        },
        benchmark=benchmark,
        history=[
            Record(
                kind="finetune",
                method="full",
                plugin="finetune",
                version="0.1.0",
                seed=3,
                seconds=75,
                packages={"torch": "2.13.0"},
            )
        ],
    )


@pytest.fixture
def students() -> list[Attempt]:
    """A student that was chosen, one that failed, and one that was skipped."""

    def attempt(name: str, what: str, outcome: str, reason: str, **measured: object) -> Attempt:
        return Attempt.model_validate(
            {
                "name": name,
                "what": what,
                "outcome": outcome,
                "reason": reason,
                "metric": "accuracy",
                **measured,
            }
        )

    known = {"teacher": 0.91, "limit": 0.9, "n": 500}
    return [
        attempt(
            "layers-2", "2 of 6 layers", "chosen", "the cheapest", value=0.92, drop=-0.01,
            drop_interval=(-0.02, 0.0), size_bytes=16_000_000, p50_ms=0.4,
            p50_interval=(0.39, 0.41), **known,
        ),
        attempt(
            "layers-1", "1 of 6 layers", "failed", "loses 0.0600", value=0.85, drop=0.06,
            drop_interval=(0.03, 0.09), size_bytes=4_000_000, p50_ms=0.2,
            p50_interval=(0.19, 0.21), **known,
        ),
        attempt("layers-3", "3 of 6 layers", "skipped", "not needed"),
    ]  # fmt: skip
