"""transformers: the model in torch for fed tokens, its pipeline for texts."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    TextClassificationPipeline,
)

from peers.serving import serve

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


class Pipeline:
    """A checkpoint in one number type, with transformers' default attention."""

    def __init__(self, config: dict[str, Any]) -> None:
        torch.set_num_threads(config["threads"])
        torch.set_num_interop_threads(config["threads"])
        checkpoint = Path(config["checkpoint"])
        self.model = AutoModelForSequenceClassification.from_pretrained(
            checkpoint, use_safetensors=True, dtype=DTYPES[config["precision"]]
        ).eval()
        self.pipeline = TextClassificationPipeline(
            model=self.model,
            tokenizer=AutoTokenizer.from_pretrained(checkpoint),
            device=torch.device("cpu"),
        )
        self.limits = {"truncation": True, "max_length": config["max_length"]}
        self.files = list(checkpoint.glob("*.safetensors"))
        self.settings = {
            "threads": torch.get_num_threads(),
            "attention": self.model.config._attn_implementation,
        }

    def logits(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            found = self.model(torch.from_numpy(ids), attention_mask=torch.from_numpy(mask)).logits
            answer: np.ndarray = found.float().numpy()
            return answer

    def label(self, text: str) -> str:
        return str(self.pipeline(text, **self.limits)[0]["label"])


if __name__ == "__main__":
    serve(Pipeline, ["transformers", "torch", "tokenizers", "numpy"])
