"""Opening a session: on the device that was asked for, or not at all."""

import logging
from pathlib import Path

import onnxruntime
import pytest

from edgeft.artifacts import Bundle
from edgeft.errors import BundleError, EdgeftError, ProviderError
from edgeft.runtime import load
from edgeft.runtime.session import CPU, CUDA, open_session

without_cuda = pytest.mark.skipif(
    CUDA in onnxruntime.get_available_providers(), reason="this onnxruntime is built with CUDA"
)


@pytest.fixture
def graph(runtime_bundle: Bundle) -> Path:
    return runtime_bundle.variant_file("fp32")


def test_threads_are_those_asked_for_and_do_not_spin(graph: Path) -> None:
    options = open_session(graph, "cpu", threads=1).get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"


def test_disabled_optimizers_reach_the_session(
    runtime_bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Turning the fusion off changes the graph that onnxruntime runs, which it writes here."""
    written = tmp_path / "optimized.onnx"

    class Writing(onnxruntime.SessionOptions):
        def __init__(self) -> None:
            super().__init__()
            self.optimized_model_filepath = str(written)

    monkeypatch.setattr(onnxruntime, "SessionOptions", Writing)
    int8 = runtime_bundle.variant_file("int8")
    open_session(int8, "cpu", 1)
    assert b"SkipLayerNormalization" in written.read_bytes()
    open_session(int8, "cpu", 1, {"disabled_optimizers": ["SkipLayerNormFusion"]})
    assert b"SkipLayerNormalization" not in written.read_bytes()


def test_unknown_session_options_are_left_out_and_said(
    graph: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        open_session(graph, "cpu", 1, {"invented_later": True})
    assert "session option invented_later is unknown" in caplog.text


@without_cuda
def test_cuda_that_is_not_built_in_is_an_error(graph: Path) -> None:
    with pytest.raises(ProviderError) as caught:
        open_session(graph, "cuda")
    assert caught.value.message == (
        f"the installed onnxruntime {onnxruntime.__version__} is built without CUDA"
    )
    assert "onnxruntime-gpu" in caught.value.hint


def test_cuda_that_falls_back_is_an_error(graph: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An onnxruntime that offers CUDA on a machine without a GPU starts on the CPU, silently."""
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CUDA, CPU])
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: None)
    on_cpu = open_session(graph, "cpu", 1)
    monkeypatch.setattr("edgeft.runtime.session.start", lambda *_: on_cpu)
    with pytest.raises(ProviderError, match="could not start its CUDA provider"):
        open_session(graph, "cuda")


@without_cuda
def test_auto_takes_the_cpu_where_there_is_no_cuda(runtime_bundle: Bundle) -> None:
    with load(runtime_bundle.path, variant="fp32", device="auto", threads=1) as model:
        assert model.provider == CPU


@without_cuda
def test_cuda_of_a_bundle_is_an_error_naming_what_is_missing(runtime_bundle: Bundle) -> None:
    with pytest.raises(ProviderError, match="is built without CUDA"):
        load(runtime_bundle.path, device="cuda")


def test_int8_on_cuda_is_an_error(runtime_bundle: Bundle) -> None:
    with pytest.raises(ProviderError, match="variant 'int8' is int8-dynamic, which CUDA has no"):
        load(runtime_bundle.path, device="cuda", variant="int8")


def test_an_unknown_device_is_an_error(graph: Path) -> None:
    with pytest.raises(ProviderError, match="unknown device 'tpu'"):
        open_session(graph, "tpu")  # type: ignore[arg-type]


def test_no_threads_are_an_error(graph: Path) -> None:
    with pytest.raises(EdgeftError, match="0 threads cannot compute"):
        open_session(graph, "cpu", threads=0)


def test_a_file_that_is_no_graph_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"no graph")
    with pytest.raises(BundleError, match="cannot open"):
        open_session(path, "cpu", 1)
