"""A torch checkpoint as its users run it: transformers' pipeline for texts, or for tokens."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
    TextClassificationPipeline,
    TokenClassificationPipeline,
)

from edgeft.architectures import register_architectures
from edgeft.benchmark.agreement import Told, joined
from edgeft.benchmark.answering import Answering
from edgeft.errors import ProviderError
from edgeft.runtime.given import Given
from edgeft.runtime.reading import overlap

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class OfVectors(TextClassificationPipeline):
    """The pipeline of a model that answers with a vector: which of its numbers is the largest."""

    def postprocess(self, model_outputs: Any, **_: Any) -> dict[str, Any]:
        """What is told of one text."""
        return {"label": str(int(model_outputs["logits"][0].argmax()))}


class OfSeveralLabels(TextClassificationPipeline):
    """The pipeline of a model that several labels may hold of: all those more probable than not."""

    def postprocess(self, model_outputs: Any, **_: Any) -> dict[str, Any]:
        """What is told of one text."""
        found = super().postprocess(model_outputs, top_k=None)
        return {"label": joined(each["label"] for each in found if each["score"] > 0.5)}


class OfNumbers(TextClassificationPipeline):
    """The pipeline of a model that answers with a number."""

    def postprocess(self, model_outputs: Any, **_: Any) -> dict[str, Any]:
        """What is told of one text."""
        return {"label": super().postprocess(model_outputs)["score"]}


class TimedPipeline:
    """The pipeline on a checkpoint, told to cut texts where the bundle does, or to read windows."""

    def __init__(self, config: dict[str, Any]) -> None:
        torch.set_num_threads(config["threads"])
        device = torch_device(config["device"])
        path, max_length = config["path"], config["max_length"]
        register_architectures(Path(path))
        self.tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
        self.of_tokens = has_head(path, "ForTokenClassification")
        self.of_questions = has_head(path, "ForQuestionAnswering")
        auto = (
            AutoModelForTokenClassification
            if self.of_tokens
            else AutoModelForQuestionAnswering
            if self.of_questions
            else AutoModelForSequenceClassification
        )
        model = auto.from_pretrained(
            path,
            local_files_only=True,
            use_safetensors=True,
            dtype=DTYPES[config["variant"]],
        )
        self.limits = {
            "truncation": True,
            "max_length": max_length or longest_input(self.tokenizer, model.config),
        }
        parts = {"model": model.eval(), "tokenizer": self.tokenizer, "device": device}
        if self.of_tokens:  # this pipeline knows no limit but the tokenizer's
            self.tokenizer.model_max_length = self.limits["max_length"]
            self.pipeline = TokenClassificationPipeline(
                aggregation_strategy="first", stride=overlap(self.limits["max_length"]), **parts
            )
        elif self.of_questions:
            self.pipeline = Answering(**parts)
        else:
            self.pipeline = of_texts(model.config)(**parts)
        self.provider = f"torch-{device.type}"
        self.threads = torch.get_num_threads()

    def answer(self, texts: Sequence[Given]) -> list[Told]:
        """One text is asked for alone, several as one batch."""
        if self.of_tokens:
            return self.entities(texts)
        if self.of_questions:
            return list(self.pipeline(texts, self.limits["max_length"]))
        given = [asked(each) for each in texts]
        if len(given) == 1:
            found = self.pipeline(given[0], **self.limits)
            found = found if isinstance(found, list) else [found]
        else:
            found = self.pipeline(given, batch_size=len(given), **self.limits)
        return [each["label"] for each in found]

    def entities(self, texts: Sequence[Given]) -> list[Told]:
        """The entities of each text as one string, as those of a bundle are told."""
        if len(texts) == 1:
            found = [self.pipeline(texts[0])]
        else:
            found = self.pipeline(list(texts), batch_size=len(texts))
        return [
            joined(f"{each['entity_group']} {each['start']} {each['end']}" for each in entities)
            for entities in found
        ]

    def parts(self, texts: Sequence[Given]) -> None:
        """The pipeline is timed whole."""
        return

    def token_counts(self, texts: Sequence[Given]) -> list[int]:
        pairs = isinstance(texts[0], tuple)
        given = [list(each) for each in zip(*texts, strict=True)] if pairs else [list(texts)]
        return [len(ids) for ids in self.tokenizer(*given, **self.limits)["input_ids"]]


def of_texts(config: Any) -> type[TextClassificationPipeline]:
    """The pipeline whose answers to whole texts are told as those of a bundle are."""
    if not config.num_labels:
        return OfVectors
    if config.problem_type == "multi_label_classification":
        return OfSeveralLabels
    return OfNumbers if config.problem_type == "regression" else TextClassificationPipeline


def has_head(path: str, kind: str) -> bool:
    """Whether a checkpoint has a head of a kind, such as one for tokens, as its config says."""
    config = AutoConfig.from_pretrained(path, local_files_only=True)
    return any(name.endswith(kind) for name in config.architectures or [])


def asked(given: Given) -> str | dict[str, str]:
    """A text, or two, as the pipeline takes them."""
    return given if isinstance(given, str) else {"text": given[0], "text_pair": given[1]}


def longest_input(tokenizer: Any, config: Any) -> int:
    """The most tokens that both the tokenizer and the model's positions allow."""
    positions = getattr(config, "max_position_embeddings", None) or 512
    return int(min(tokenizer.model_max_length, positions))


def torch_device(name: str) -> torch.device:
    """The device; raises ProviderError for a CUDA device that torch cannot use."""
    usable = torch.cuda.is_available()
    if name == "cuda" and not usable:
        built = torch.version.cuda or "none"
        raise ProviderError(
            f"torch {torch.__version__} cannot use CUDA here (built for CUDA: {built},"
            f" CUDA_VISIBLE_DEVICES={os.environ.get('CUDA_VISIBLE_DEVICES', 'unset')})",
            hint="install a CUDA build of torch and a driver, or use --device cpu",
        )
    return torch.device("cuda" if name != "cpu" and usable else "cpu")
