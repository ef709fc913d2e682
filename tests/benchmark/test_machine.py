import platform

from edgeft.benchmark.machine import cpu_name, describe_machine, field

INTEL = """processor\t: 0
cpu family\t: 6
model\t\t: 143
model name\t: Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz
stepping\t: 8
flags\t\t: fpu avx2 avx512_vnni amx_int8
"""
BARE = """cpu family\t: 26
model\t\t: 2
model name\t: AMD EPYC
stepping\t: 1
"""
ARM = """processor\t: 0
Features\t: fp asimd asimddp
Model\t\t: Raspberry Pi 5 Model B Rev 1.0
"""


def test_a_model_name_with_a_number_is_enough():
    assert cpu_name(INTEL) == "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz"


def test_a_bare_brand_is_told_apart_by_its_numbers():
    assert cpu_name(BARE) == "AMD EPYC (cpu family 26 model 2 stepping 1)"


def test_an_arm_board_names_itself():
    assert cpu_name(ARM) == "Raspberry Pi 5 Model B Rev 1.0"
    assert field(ARM, "Features") == "fp asimd asimddp"


def test_a_machine_without_cpuinfo_still_has_a_name():
    assert cpu_name("")


def test_this_machine_is_described_without_its_owners_name():
    found = describe_machine()
    assert 1 <= found.usable_cores <= found.cores
    assert {"edgeft", "onnxruntime", "numpy", "tokenizers"} <= set(found.packages)
    assert found.date.endswith("+00:00")
    assert platform.node() not in found.model_dump_json()
