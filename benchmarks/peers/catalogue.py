"""The peers: what each is, what it needs, and which modules make it and answer with it."""

from dataclasses import dataclass, field

TORCH = ["torch==2.13.0", "transformers==5.23.0"]
ONNXRUNTIME = "onnxruntime==1.31.1"


@dataclass(frozen=True, eq=False)
class Peer:
    """One row of the tables."""

    name: str
    what: str
    environment: str
    """the virtual environment that it is made and run in; OURS is the one of this process"""
    run: str
    make: str = ""
    """module that turns the checkpoint into the model; peers of one `make` and environment share
    what it wrote; without it the model is the checkpoint itself"""
    options: dict[str, str] = field(default_factory=dict)
    int8: bool = True
    same_model: bool = True
    """whether it computes the checkpoint's own products, and is timed on fed token ids"""
    answers: bool = True
    """whether it labels texts"""

    def does(self, texts: bool) -> bool:
        """Whether it is timed on texts, or else on fed token ids."""
        return self.answers if texts else self.same_model


OURS = "edgeft"
REFERENCE = "transformers fp32"
GRAPH = "edgeft int8"
LONG = "edgeft int8, long batches"
OPENVINO = "openvino int8"
BUNDLE = "edgeft bundle"
FLOOR = "int8 products alone"

ENVIRONMENTS = {
    "transformers": [*TORCH],
    "onnxruntime": [ONNXRUNTIME, "onnx==1.23.2", "sympy", *TORCH],
    "optimum": ["optimum-onnx[onnxruntime]==0.1.0", "torch==2.13.0", ONNXRUNTIME],
    "openvino": ["openvino==2026.4.1", "nncf==3.4.0", *TORCH],
    "ctranslate2": ["ctranslate2==4.8.5", *TORCH],
    "setfit": ["setfit==1.2.0", *TORCH],
    "olive": ["olive-ai==0.13.0", "requests", "onnxscript", ONNXRUNTIME, *TORCH],
}
"""what pip installs into each"""


@dataclass(frozen=True)
class Settings:
    """What one of ours is made with beside the defaults."""

    export: tuple[str, ...] = ()
    quantize: tuple[str, ...] = ()


SETTINGS = {
    GRAPH: Settings(),
    LONG: Settings(
        export=(
            "timed_batch_size=8",
            "timed_tokens=128",
            "rewrites=[first-token, plain, attention, one-query, projections, unpadded]",
        ),
        quantize=("attention=int8",),
    ),
}

PEERS = [
    Peer(
        REFERENCE,
        "the checkpoint in torch, default attention",
        "transformers",
        "run_torch",
        options={"precision": "fp32"},
        int8=False,
    ),
    Peer(
        "transformers bf16",
        "the same in bfloat16",
        "transformers",
        "run_torch",
        options={"precision": "bf16"},
        int8=False,
    ),
    Peer(
        "onnxruntime fp32",
        "torch.onnx.export, traced with plain attention",
        "onnxruntime",
        "run_onnxruntime",
        make="make_onnxruntime",
        options={"file": "model.onnx"},
        int8=False,
    ),
    Peer(
        "onnxruntime quantize_dynamic",
        "that graph through quant_pre_process and quantize_dynamic",
        "onnxruntime",
        "run_onnxruntime",
        make="make_onnxruntime",
        options={"file": "model_int8.onnx"},
    ),
    Peer(
        "optimum avx512_vnni",
        "optimum's export and the preset of sentence-transformers",
        "optimum",
        "run_onnxruntime",
        make="make_optimum",
        options={"file": "model_int8.onnx"},
    ),
    Peer(
        "openvino fp32",
        "converted from torch, f32 asked for",
        "openvino",
        "run_openvino",
        make="make_openvino",
        options={"file": "fp32.xml", "precision": "fp32"},
        int8=False,
    ),
    Peer(
        "openvino bf16",
        "converted from torch, bf16 asked for",
        "openvino",
        "run_openvino",
        make="make_openvino",
        options={"file": "fp32.xml", "precision": "bf16"},
        int8=False,
    ),
    Peer(
        OPENVINO,
        "NNCF after training, 300 training texts, ModelType.TRANSFORMER",
        "openvino",
        "run_openvino",
        make="make_openvino",
        options={"file": "int8.xml", "precision": "default"},
    ),
    Peer(
        "openvino int8, fixed shapes",
        "the same, compiled anew for each shape: no use for texts of any length",
        "openvino",
        "run_openvino",
        make="make_openvino",
        options={"file": "int8.xml", "precision": "default", "shapes": "fixed"},
        answers=False,
    ),
    Peer(
        "ctranslate2 int8",
        "body and pooler; the last layer in numpy, float32",
        "ctranslate2",
        "run_ctranslate2",
        make="make_ctranslate2",
    ),
    Peer(
        "olive int8",
        "Olive's conversion, peephole, transformers and dynamic quantization passes",
        "olive",
        "run_onnxruntime",
        make="make_olive",
        options={"file": "model.onnx"},
    ),
    Peer(
        GRAPH,
        "edgeft export, edgeft quantize: the chosen variant, no distillation",
        OURS,
        "run_edgeft",
        make="edgeft",
    ),
    Peer(
        LONG,
        "the same, its graph chosen for eight rows of 128 tokens, attention in int8",
        OURS,
        "run_edgeft",
        make="edgeft",
    ),
    Peer(
        FLOOR,
        "every product with a weight as a bare MatMulInteger",
        "onnxruntime",
        "run_floor",
        answers=False,
    ),
    Peer(
        BUNDLE,
        "the bundle that was named, through edgeft.runtime",
        OURS,
        "run_edgeft",
        make="bundle",
        same_model=False,
    ),
]
NEEDED = (REFERENCE, GRAPH, LONG, FLOOR, BUNDLE)
"""peers that others are compared with"""


def chosen(names: list[str]) -> list[Peer]:
    """The peers whose names contain one of `names`, and those needed; all without names."""
    known = " ".join(peer.name for peer in PEERS)
    for name in names:
        if name not in known:
            raise ValueError(f"no peer is called {name!r}; there are: {known}")
    return [
        peer
        for peer in PEERS
        if not names or peer.name in NEEDED or any(name in peer.name for name in names)
    ]
