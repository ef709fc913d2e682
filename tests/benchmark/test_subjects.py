import json
import shutil

import pytest

from edgeft.benchmark import every_variant, golden_texts, subject
from edgeft.benchmark.subjects import with_unique_names
from edgeft.errors import BundleError, EdgeftError, ModelError
from edgeft.runtime.golden import ODD


def test_a_bundle_without_a_variant_is_its_chosen_graph(tiny_bundle):
    found = subject(tiny_bundle.path)
    assert (found.kind, found.variant) == ("bundle", tiny_bundle.manifest.chosen)
    assert found.name == f"{tiny_bundle.path.name}:{tiny_bundle.manifest.chosen}"
    assert found.size_bytes == tiny_bundle.variant_file().stat().st_size
    assert found.max_length == tiny_bundle.manifest.max_length


def test_a_variant_is_named_after_a_colon(tiny_bundle):
    found = subject(f"{tiny_bundle.path}:fp32")
    assert found.variant == "fp32"
    assert found.size_bytes == (tiny_bundle.path / "onnx/model.onnx").stat().st_size


def test_every_variant_begins_with_the_chosen_one(tiny_bundle, tiny_checkpoint):
    variants = [each.variant for each in every_variant(tiny_bundle.path)]
    assert variants[0] == tiny_bundle.manifest.chosen
    assert sorted(variants) == sorted(tiny_bundle.manifest.variants)
    assert [each.variant for each in every_variant(f"{tiny_bundle.path}:fp32")] == ["fp32"]
    assert [each.variant for each in every_variant(tiny_checkpoint.path)] == ["fp32"]


def test_on_cuda_the_float_variants_are_timed_alone(tiny_bundle):
    kinds = {name: each.kind for name, each in tiny_bundle.manifest.variants.items()}
    floats = [name for name, kind in kinds.items() if not kind.startswith("int8")]
    assert 0 < len(floats) < len(kinds)
    assert [each.variant for each in every_variant(tiny_bundle.path, "cuda")] == floats
    named = every_variant(f"{tiny_bundle.path}:int8", "cuda")
    assert [each.variant for each in named] == ["int8"]  # what was asked for is refused, by name


def test_a_bundle_is_compared_by_its_one_variant_for_the_device(tiny_bundle, tmp_path):
    assert subject(tiny_bundle.path, device="cuda").variant == "fp32"
    shutil.copytree(tiny_bundle.path, tmp_path / "alone")
    (tmp_path / "alone/onnx/model.onnx").unlink()  # the float graph, which stayed at home
    assert subject(tmp_path / "alone").variant == tiny_bundle.manifest.chosen


def test_a_bundle_without_a_float_variant_is_refused_by_name_on_cuda(tiny_bundle, tmp_path):
    shutil.copytree(tiny_bundle.path, tmp_path / "int8")
    manifest = json.loads((tmp_path / "int8/edgeft.json").read_text(encoding="utf-8"))
    manifest["variants"] = {"int8": manifest["variants"]["int8"]}
    (tmp_path / "int8/edgeft.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert [each.variant for each in every_variant(tmp_path / "int8", "cuda")] == ["int8"]


def test_a_checkpoint_can_be_timed_in_bfloat16(tiny_checkpoint):
    assert subject(tiny_checkpoint.path).name.endswith(":torch-fp32")
    assert subject(f"{tiny_checkpoint.path}:bf16").variant == "bf16"
    assert subject(tiny_checkpoint.path, name="teacher").name == "teacher"


def refusal(error: type[EdgeftError], source: object) -> tuple[str, str]:
    with pytest.raises(error) as caught:
        subject(str(source))
    return caught.value.message, caught.value.hint


def test_an_unknown_variant_is_refused_with_those_there_are(tiny_bundle, tiny_checkpoint):
    message, hint = refusal(BundleError, f"{tiny_bundle.path}:int4")
    assert message == f"{tiny_bundle.path} has no variant 'int4'"
    assert hint == f"it has: {', '.join(sorted(tiny_bundle.manifest.variants))}"
    assert refusal(ModelError, f"{tiny_checkpoint.path}:int4") == (
        f"{tiny_checkpoint.path} cannot be timed as 'int4'",
        "it can as: fp32, bf16, fp16",
    )


def test_a_path_where_nothing_stands_is_refused(tmp_path):
    assert refusal(ModelError, tmp_path / "nothing") == (
        f"no model or bundle at {tmp_path / 'nothing'}",
        "name a directory, or DIRECTORY:VARIANT",
    )


def test_a_checkpoint_without_safetensors_is_refused(tiny_checkpoint, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(tiny_checkpoint.path, copy)
    (copy / "edgeft.json").unlink()
    (copy / "model.safetensors").unlink()
    assert refusal(ModelError, copy) == (
        f"{copy} has no *.safetensors",
        "save the model as safetensors",
    )


def test_a_bundle_without_its_manifest_is_refused_as_one(tiny_bundle, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(tiny_bundle.path, copy)
    (copy / "edgeft.json").unlink()
    message, hint = refusal(BundleError, copy)
    assert message == f"{copy} is not a bundle: it has no edgeft.json"
    assert hint == "copy or make the bundle again, whole"


def test_a_directory_whose_own_name_has_a_colon_is_found(tiny_bundle, tmp_path):
    odd = tmp_path / "bank:fp32"
    shutil.copytree(tiny_bundle.path, odd)
    assert subject(odd).path == odd
    assert subject(f"{odd}:fp32").variant == "fp32"


def test_subjects_of_one_name_are_named_by_their_whole_path(tiny_bundle, tmp_path):
    copy = tmp_path / tiny_bundle.path.name
    shutil.copytree(tiny_bundle.path, copy)
    first, second = subject(f"{tiny_bundle.path}:fp32"), subject(f"{copy}:fp32")
    names = [each.name for each in with_unique_names([first, second, first])]
    assert names == [f"{tiny_bundle.path}:fp32", f"{copy}:fp32"]
    other = subject(f"{copy}:int8")  # a folder of that name is there twice
    names = [each.name for each in with_unique_names([first, other])]
    assert names == [f"{tiny_bundle.path}:fp32", f"{copy}:int8"]


def test_a_bundle_carries_real_texts_to_be_timed_on(tiny_bundle, tmp_path):
    found = golden_texts(tiny_bundle.path)
    assert len(found) >= 24
    assert not set(found) & set(ODD)
    with pytest.raises(BundleError, match="is not a bundle"):
        golden_texts(tmp_path)
