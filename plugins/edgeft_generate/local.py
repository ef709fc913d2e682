"""A causal language model that writes on this machine: batched by length, drawn by the seed."""

from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase

from edgeft.plugin import Context, ModelError
from edgeft.training.encoding import position_limit
from edgeft.training.machine import pick_device, set_threads
from edgeft.training.pretrained import load_pretrained
from edgeft_generate.asking import Answer, Keep, Purse, Question
from edgeft_generate.drawing import seeded
from edgeft_generate.options import WriterOptions


class Local:
    """A model with its tokenizer, which is told what to do by its chat template if it has one."""

    def __init__(self, folder: Path, options: WriterOptions, context: Context) -> None:
        set_threads(context.threads)
        self.options = options
        self.seed = context.seed
        self.device = pick_device(context.device)
        file = {"gguf_file": options.gguf_file} if options.gguf_file else {}
        self.tokenizer = writing_tokenizer(folder, file)
        self.model = load_pretrained(AutoModelForCausalLM, folder, **file).eval().to(self.device)
        self.limit = position_limit(self.model)

    def write(self, questions: list[Question], keep: Keep, purse: Purse) -> None:
        """Answer the questions, like lengths together, while the purse lasts.

        A question that leaves no room for an answer gets an empty one.
        """
        asked = []
        for question in questions:
            if not purse.reserve(question):
                break
            asked.append((question, self.ids(question.prompt)))
        asked.sort(key=lambda each: (len(each[1]), each[0].key))
        for start in range(0, len(asked), self.options.batch):
            some = asked[start : start + self.options.batch]
            short = [each for each in some if len(each[1]) < self.limit]
            answers = iter(self.answers(short) if short else [])
            for question, ids in some:
                fits = len(ids) < self.limit
                keep(question, next(answers) if fits else Answer("", True, len(ids)))

    def ids(self, prompt: str) -> list[int]:
        """The tokens of what is asked, framed as the model was taught to be asked."""
        if self.tokenizer.chat_template is None:
            framed: list[int] = self.tokenizer(f"{prompt}\n\n")["input_ids"]
            end = self.tokenizer.eos_token_id
            return framed[:-1] if framed[-1] == end else framed  # there is more to come
        said = [{"role": "user", "content": prompt}]
        text = self.tokenizer.apply_chat_template(said, tokenize=False, add_generation_prompt=True)
        # the template has the special tokens
        found: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return found

    def answers(self, asked: list[tuple[Question, list[int]]]) -> list[Answer]:
        """What the model writes on from the tokens of each question."""
        rows = [ids for _, ids in asked]
        padded = self.tokenizer.pad({"input_ids": rows}, return_tensors="pt").to(self.device)
        longest = int(padded["input_ids"].shape[1])
        room = min(self.options.max_tokens, self.limit - longest)
        drawn = self.options.temperature > 0
        heat = {"temperature": self.options.temperature, "top_p": self.options.top_p, "top_k": 0}
        keys = [f"{ids} {question.number}" for question, ids in asked]
        with seeded(self.seed, keys, self.device), torch.inference_mode():
            ids = self.model.generate(
                input_ids=padded["input_ids"],
                attention_mask=padded["attention_mask"],
                max_new_tokens=room,
                pad_token_id=self.tokenizer.pad_token_id,
                do_sample=drawn,
                **(heat if drawn else {}),
            )
        return [
            self.answer(row.tolist(), len(each))
            for row, each in zip(ids[:, longest:], rows, strict=True)
        ]

    def answer(self, ids: list[int], read: int) -> Answer:
        """What was written, up to the token that ends it."""
        ends = self.ends()
        stop = next((place for place, each in enumerate(ids) if each in ends), None)
        written = ids if stop is None else ids[:stop]
        text = self.tokenizer.decode(written, skip_special_tokens=True)
        return Answer(text, stop is None, read, len(written))

    def ends(self) -> set[int]:
        """The tokens that end an answer."""
        found = self.model.generation_config.eos_token_id
        named = found if isinstance(found, list) else [found]
        return {each for each in (*named, self.tokenizer.eos_token_id) if each is not None}


def writing_tokenizer(folder: Path, file: dict[str, str]) -> PreTrainedTokenizerBase:
    """A causal model's tokenizer, padding on the left; raises ModelError where it has none."""
    try:
        found = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, **file)
    except (OSError, ValueError, ImportError, TypeError, KeyError) as error:
        raise ModelError(
            f"{folder} has no tokenizer that can be loaded: {str(error).partition(chr(10))[0]}",
            hint="put the tokenizer.json of the model beside its config.json",
        ) from error
    if found.pad_token_id is None:
        found.pad_token = found.eos_token or found.unk_token
    if found.pad_token_id is None:
        raise ModelError(
            f"the tokenizer of {folder} has no token that may stand for padding",
            hint="set pad_token in its tokenizer_config.json",
        )
    found.padding_side = "left"
    return found
