"""What the integer kernels of a processor want of a graph.

Weights are signed in every profile: onnxruntime multiplies unsigned ones at little more than half
the speed. They have a scale for each output: measured on a two-layer MiniLM that divides the
divergence from float32 by ten and costs a tenth of the time at most.
"""

import platform
from dataclasses import dataclass

from edgeft.runtime.processor import features

VNNI = frozenset({"avx512_vnni", "avx_vnni"})
ARM64 = ("arm64", "aarch64")


@dataclass(frozen=True)
class Profile:
    """How weights are quantized for a kind of processor."""

    name: str
    per_channel: bool
    """a scale for each output of a weight, or one for the whole"""
    reduce_range: bool
    """7 bits, so that the sum of two products with 8-bit activations fits into 16"""
    sums_pairs: bool = False
    """whether kernels add products in pairs of 16 bits, which saturate"""


PROFILES = {
    each.name: each
    for each in (
        Profile("x86-vnni", per_channel=True, reduce_range=False),
        Profile("x86-portable", per_channel=True, reduce_range=True, sums_pairs=True),
        Profile("arm64", per_channel=True, reduce_range=False),  # NEON adds in 32 bits
        Profile("wasm", per_channel=True, reduce_range=False),  # SIMD adds in 32 bits
    )
}


def profile_of(name: str) -> Profile:
    """The profile of that name, or for `auto` this machine's."""
    return PROFILES[own_profile() if name == "auto" else name]


def own_profile() -> str:
    """The profile of this machine; x86-portable, which runs right everywhere, if in doubt."""
    if platform.machine().lower() in ARM64:
        return "arm64"
    return "x86-vnni" if features() & VNNI else "x86-portable"
