"""SetFit on few labelled texts: its encoder and head, trained, and its answers.

For each text twenty pairs of one label and twenty of two (`num_iterations`), once over them in
batches of 16, and a logistic regression, as in its paper (Tunstall et al. 2022,
https://arxiv.org/abs/2209.11055); all else is the library's default. Without `num_iterations` the
library takes every pair instead, which is 370,000 pairs for eight texts of 77 labels.
"""

import json
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

from datasets import Dataset
from setfit import SetFitModel, Trainer, TrainingArguments


def main(config: dict[str, Any]) -> None:
    """Train on `train` (texts and labels), and write seconds and the labels of `asked` to `out`."""
    given = json.loads(Path(config["given"]).read_text(encoding="utf-8"))
    started = perf_counter()
    model = SetFitModel.from_pretrained(config["base"], labels=given["labels"])
    with tempfile.TemporaryDirectory() as folder:
        settings = TrainingArguments(
            output_dir=folder,
            num_iterations=20,
            seed=config["seed"],
            report_to="none",
            save_strategy="no",
        )
        trainer = Trainer(
            model=model, args=settings, train_dataset=Dataset.from_dict(given["train"])
        )
        trainer.train()
    seconds = perf_counter() - started
    labels = [str(label) for label in model.predict(given["asked"])]
    found = {"seconds": seconds, "labels": labels}
    Path(config["out"]).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
