"""`edgeft doctor`, and the combinations it knows to be bad."""

import json

import onnxruntime
import pytest

from edgeft import doctor
from edgeft.doctor import (
    FLOORS,
    Finding,
    bad_pairs,
    numbers,
    outdated,
    start_provider,
    start_providers,
)


def test_doctor_shows_versions_cpu_and_a_provider_that_really_starts(edgeft):
    lines = edgeft("doctor").out.splitlines()
    shown = {line.split("  ")[0]: line.split(maxsplit=1)[1] for line in lines if "  " in line}

    assert shown["onnxruntime"].strip() == onnxruntime.__version__
    assert shown["CPU"].strip() == "usable"
    assert "usable of" in shown["cores"]


def test_doctor_as_json_has_the_same(edgeft):
    found = json.loads(edgeft("doctor", "--json").out)

    assert {"name": "CPUExecutionProvider", "usable": True, "reason": ""} in found["providers"]
    assert found["packages"]["onnxruntime"] == onnxruntime.__version__
    assert found["machine"]["usable_cores"] >= 1


def test_doctor_ends_with_1_where_something_is_wrong(edgeft, monkeypatch):
    monkeypatch.setattr(doctor, "outdated", lambda packages: [Finding("it is old", "renew it")])
    shown = edgeft("doctor")

    assert shown.code == 1
    assert shown.out.endswith("\nproblem: it is old\nremedy:  renew it\n")


def test_a_provider_that_is_not_there_is_not_usable():
    found = start_provider(onnxruntime, "NoSuchExecutionProvider")

    assert not found.usable
    assert found.reason


def test_a_provider_that_is_listed_but_does_not_start_is_a_finding(monkeypatch):
    names = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: names)
    providers, findings = start_providers()

    assert [provider.usable for provider in providers] == [False, True]
    assert len(findings) == 1
    assert findings[0].problem.startswith("CUDAExecutionProvider is built into onnxruntime")


def test_both_onnxruntime_packages_are_a_bad_pair():
    found = bad_pairs({"onnxruntime": "1.31.1", "onnxruntime-gpu": "1.31.1"})
    assert "onnxruntime#26996" in found[0].problem


def test_optimum_onnx_is_a_bad_pair_with_transformers_5_only():
    assert bad_pairs({"optimum-onnx": "0.1.0", "transformers": "5.23.0"})
    assert not bad_pairs({"optimum-onnx": "0.1.0", "transformers": "4.57.1"})
    assert not bad_pairs({"transformers": "5.23.0"})


@pytest.mark.parametrize("name", sorted(FLOORS))
def test_versions_below_the_floor_are_named(name):
    floor, why = FLOORS[name]
    assert outdated({name: f"{floor}.0+cpu"}) == []
    assert outdated({name: "1.0"})[0] == Finding(
        f"{name} 1.0 is older than {floor}: {why}", f"pip install -U '{name}>={floor}'"
    )


def test_numbers_of_a_version_leave_the_rest_away():
    assert numbers("2.13.0+cpu") == (2, 13, 0)
    assert numbers("5.0.0rc1") == (5, 0, 0)
    assert numbers("") == ()
