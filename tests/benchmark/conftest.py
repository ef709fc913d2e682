"""A benchmark that was never measured, to show."""

import pytest

from edgeft.benchmark.records import (
    Benchmark,
    ColdStart,
    Figure,
    Machine,
    Row,
    SubjectFacts,
    Texts,
    Timing,
)


def timing(p50: float) -> Timing:
    return Timing(
        p50_ms=p50,
        p50_interval=(p50 * 0.9, p50 * 1.1),
        p90_ms=p50 * 1.5,
        p90_interval=(p50 * 1.4, p50 * 1.6),
        p99_ms=p50 * 3,
        p99_interval=(p50 * 2, p50 * 4),
        raw_ms=[p50, p50],
    )


def row(subject: str, batch_size: int, p50: float, ratio: float, **parts: Timing) -> Row:
    return Row(
        subject=subject,
        provider="CPUExecutionProvider" if parts else "torch-cpu",
        threads=1,
        batch_size=batch_size,
        calls=2,
        calls_a_round=1,
        total=timing(p50),
        texts_a_second=Figure(value=1000 * batch_size / p50, interval=(1.0, 2.0)),
        ratio=Figure(value=ratio, interval=(ratio * 0.9, ratio * 1.1)),
        cpu_ms=Figure(value=p50 * 0.98, interval=(p50 * 0.9, p50)),
        cpu_ratio=Figure(value=ratio, interval=(ratio * 0.95, ratio * 1.05)),
        agreement=0.975,
        agreement_interval=(0.871, 0.996),
        agreement_n=40,
        cores_used=1.0,
        peak_memory_bytes=103_456_768,
        **parts,
    )


@pytest.fixture
def benchmark() -> Benchmark:
    """Two subjects in two settings, with round numbers."""
    parts = {"tokenization": timing(0.06), "session": timing(0.3)}
    return Benchmark(
        machine=Machine(
            cpu="Some CPU 9000",
            architecture="x86_64",
            cores=8,
            usable_cores=2,
            flags=["avx2", "avx512_vnni"],
            memory_bytes=24_000_000_000,
            virtual=True,
            governor="",
            load_average=0.1,
            gpu=[],
            system="Linux 6.1",
            python="3.11.7",
            packages={"edgeft": "0.1.0", "onnxruntime": "1.31.1"},
            date="2026-11-22T11:15:05+00:00",
        ),
        texts=Texts(
            n=3080,
            source="test.csv",
            characters={"p50": 45.0, "p95": 124.0, "max": 368.0},
            tokens={"p50": 13.0, "p95": 31.0, "max": 82.0},
        ),
        device="cpu",
        seconds=10,
        seed=0,
        subjects=[
            SubjectFacts(
                name="bundle:int8",
                kind="bundle",
                variant="int8",
                size_bytes=15_800_000,
                runs_on="edgeft.runtime on onnxruntime 1.31.1",
            ),
            SubjectFacts(
                name="teacher|torch",
                kind="checkpoint",
                variant="fp32",
                size_bytes=90_983_460,
                runs_on="transformers 5.23.0 pipeline, torch 2.13.0",
            ),
        ],
        rows=[
            row("bundle:int8", 1, 0.37, 1.0, **parts),
            row("teacher|torch", 1, 9.25, 25.0),
            row("bundle:int8", 32, 25.0, 1.0, **parts),
            row("teacher|torch", 32, 260.0, 10.4),
        ],
        cold_starts=[
            ColdStart(
                subject="bundle:int8",
                n=5,
                seconds=Figure(value=0.25, interval=(0.2, 0.3)),
                import_seconds=0.1,
                load_seconds=0.1,
                answer_seconds=0.002,
                raw_seconds=[0.25] * 5,
            )
        ],
        notes=["The machine was busy before: load average 1.4 on 8 cores."],
    )
