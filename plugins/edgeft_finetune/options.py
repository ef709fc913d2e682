"""What can be asked of the finetuners. A part of their door: nothing heavy."""

from typing import Annotated, Any, Literal, Self

from edgeft.plugin import (
    Cutoff,
    Field,
    HeadOptions,
    Options,
    PluginError,
    Task,
    TrainingOptions,
    field_validator,
    model_validator,
)
from edgeft_finetune.privacy import PrivateOptions, refusal

OF_LABELS: dict[str, Any] = {
    "adversarial": "none",
    "class_weights": "none",
    "cutoff": 0.0,
    "freeze": 0,
    "head": "random",
    "label_smoothing": 0.0,
    "layer_decay": 1.0,
    "logit_adjustment": 0.0,
    "loss": "cross-entropy",
    "mixup": 0.0,
    "r_drop": 0.0,
    "resample": "none",
}
"""options of `full` and `lora` that make more of the same labels, each with what it is when off"""
OF_NAMES: dict[str, Any] = {"descriptions": {}, "label_names": "no"}
"""the same of finetuners that read what labels are called"""
READ_NO_NAMES = {"full", "lora"}
"""finetuners to which `auto` passes nothing of the kind on"""

OF_ONE_LABEL = (
    "class_weights", "continue_from", "head", "label_smoothing", "logit_adjustment", "loss",
    "mixup", "private", "resample",
)  # fmt: skip
"""options of `full` and `lora` that ask for one label a text"""


class FinetuneOptions(TrainingOptions):
    """How an encoder is trained on labels."""

    loss: Literal["cross-entropy", "focal", "generalized", "symmetric"] = Field(
        "cross-entropy",
        description="`focal` counts easy texts less, for rare labels; `generalized` and `symmetric`"
        " cross-entropy count texts less that the model disagrees with, for wrong labels",
    )
    label_smoothing: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="share of each label spread evenly over all labels, in plain cross-entropy",
    )
    class_weights: Literal["none", "balanced"] = Field(
        "none", description="balanced weighs each label by the inverse of its frequency"
    )
    resample: Literal["none", "root", "balanced"] = Field(
        "none",
        description="repeat the texts of rarer labels: until all have as many (`balanced`), or half"
        " of the way, as square roots (`root`)",
    )
    logit_adjustment: float = Field(
        0.0,
        ge=0,
        description="add so many times the logarithm of each label's frequency to its logit in the"
        " loss, so that the model answers as if all labels were alike frequent: 1 is the theory's"
        " choice for rare labels, 0 adds nothing",
    )
    pooling: Literal["auto", "mean", "first", "own"] = Field(
        "auto",
        description="what the head reads: the `mean` of the token vectors, the `first` of them, or"
        " what the architecture's `own` classifier in transformers does; auto is the pooling that a"
        " sentence encoder was trained with, and own for other models",
    )
    head: Literal["random", "probe"] = Field(
        "random",
        description="where the head starts: at random, or as the head of the frozen encoder"
        " (`probe`), so that a few labels do not spoil the encoder; needs a pooled vector",
    )
    r_drop: Annotated[float, Field(ge=0)] | Literal["auto"] = Field(
        0.0,
        description="weight of the divergence between two passes over a text with different dropout"
        " (R-Drop), such as 1: a better teacher in nearly twice the time; 0 takes one pass, and"
        " `auto` is 1, but 0 in a recipe whose effort is quick",
    )

    temperature: float | None = Field(
        None,
        gt=0,
        description="of tasks that learn vectors: cosines are divided by it in the loss, such as"
        " 0.02; the lower, the more the likest of the wrong texts count; by default the task's own",
    )
    mixup: float = Field(
        0.0,
        ge=0,
        description="mix the vectors of two texts and their labels, by shares drawn from"
        " Beta(mixup, mixup), such as 0.2; 0 mixes nothing",
    )
    adversarial: Literal["none", "fgm", "freelb"] = Field(
        "none",
        description="train on embeddings moved where it hurts most as well: one step (FGM, twice"
        " the time) or two that add up (FreeLB, three times)",
    )
    adversarial_size: float = Field(
        0.1, gt=0, description="how far, as a share of the length of a text's embeddings"
    )
    cutoff: Cutoff = 0.0
    layer_decay: float = Field(
        1.0,
        gt=0,
        le=1,
        description="factor of the learning rate from a layer to the one below it, such as 0.9",
    )
    freeze: int = Field(
        0, ge=0, description="lowest layers that stay as they are, the embeddings with them"
    )

    @property
    def divergence(self) -> float:
        """The weight of R-Drop: 1 where no recipe's effort has decided what `auto` is."""
        return 1.0 if self.r_drop == "auto" else self.r_drop

    @model_validator(mode="after")
    def knows_what_it_mixes(self) -> Self:
        """Refuse options of which one would undo the other."""
        if self.mixup and self.divergence:
            raise ValueError("mixup mixes the two passes that r_drop compares: set one of them")
        if self.label_smoothing and self.loss != "cross-entropy":
            raise ValueError(f"label_smoothing is not part of loss: {self.loss}; leave it out")
        return self

    @model_validator(mode="after")
    def probes_vectors(self) -> Self:
        """Refuse a probe of a vector that the head does not read."""
        if self.head == "probe" and self.pooling == "own":
            raise ValueError("head: probe reads a pooled vector; set pooling to mean or first")
        return self


class FullOptions(FinetuneOptions):
    """How every weight is trained, from a pretrained model or from an earlier checkpoint."""

    continue_from: str | None = Field(
        None,
        description="directory of a checkpoint to go on from, in place of the pretrained model: its"
        " labels are kept, new ones are added",
    )
    old_data: str | None = Field(
        None,
        description="directory of the dataset that it was trained on, such as the data/ of its run:"
        " some of its texts are trained on again, and its held-out texts scored before and after",
    )
    replay: int = Field(40, ge=0, description="texts a label of old_data that are trained on again")
    remember: float = Field(
        1.0,
        ge=0,
        description="weight of the divergence from what the checkpoint of continue_from answered"
        " before, on its own labels",
    )
    private: PrivateOptions | None = Field(
        None,
        description="train with differential privacy (DP-SGD), such as {epsilon: 8}: what the model"
        " learns from any one training text is bounded; needs edgeft[private]",
    )

    def moot(self) -> frozenset[str]:
        """What keeps the knowledge of an earlier checkpoint, where there is none."""
        needs = {"remember": self.continue_from, "replay": self.old_data}
        return frozenset(option for option, needed in needs.items() if not needed)

    @model_validator(mode="after")
    def keeps_the_budget(self) -> Self:
        """Refuse with `private` what reads the training texts beside its noise."""
        if self.private and (found := refusal(self)):
            raise ValueError(found)
        return self

    @model_validator(mode="after")
    def continues_one_thing(self) -> Self:
        """Refuse what makes no sense with an earlier checkpoint, or only with one."""
        if self.old_data and not self.continue_from:
            raise ValueError("old_data is that of continue_from; name a checkpoint there")
        if self.continue_from and (self.head == "probe" or self.pooling not in ("auto", "own")):
            raise ValueError("continue_from keeps its head; leave head and pooling out")
        if self.continue_from and self.remember and (self.mixup or self.resample != "none"):
            raise ValueError(
                "remember compares each text with what was said of it before; set it to 0, or leave"
                " mixup and resample out"
            )
        return self


class LoraOptions(FinetuneOptions):
    """How adapters are trained."""

    learning_rate: float = Field(1e-3, gt=0, description="peak learning rate of AdamW")
    adapter: Literal["lora", "dora", "adalora", "ia3"] = Field(
        "lora",
        description="what is trained beside each layer: a product of two small matrices (`lora`),"
        " it and the lengths of the layer's columns (`dora`), a product whose rank is taken from"
        " layers that need less of it (`adalora`), or a factor for each output alone (`ia3`, which"
        " wants a higher learning rate and reads no rank)",
    )
    rank: int = Field(16, ge=1, description="rank of each adapter; of `adalora`, their mean")
    alpha: float = Field(32, gt=0, description="adapters are scaled by alpha / rank")
    dropout: float = Field(0.05, ge=0, lt=1, description="dropout before each adapter")
    targets: list[str] = Field(
        [],
        description="names, or ends of names, of the linear layers that get an adapter; by default"
        " every one inside the encoder",
    )

    @model_validator(mode="after")
    def trains_every_adapter(self) -> Self:
        """Refuse to freeze layers below adapters that are to be trained."""
        if self.freeze:
            raise ValueError("freeze is for `full`; lora trains the layers that targets names")
        return self


class ProbeOptions(HeadOptions):
    """How a head is fitted on a frozen encoder."""

    logit_adjustment: float = Field(
        0.0,
        ge=0,
        description="take so many times the logarithm of each label's frequency off its logit, so"
        " that rare labels are answered as if all were alike frequent, such as 1; 0 takes nothing"
        " off",
    )
    max_length: int | None = Field(
        None, ge=4, description="tokens a text; by default what 99.5 % of the training texts need"
    )


class EmbedOptions(Options):
    """How a sentence encoder is read."""

    pooling: Literal["auto", "mean", "first"] = Field(
        "auto",
        description="what is the text's vector: the mean of the token vectors, or the first of"
        " them; auto is what the encoder says it was trained for, and else the mean",
    )
    max_length: int | None = Field(
        None, ge=4, description="tokens a text; by default what 99.5 % of the training texts need"
    )


class ContrastiveOptions(HeadOptions, TrainingOptions):
    """How an encoder learns from pairs, and a head from its vectors."""

    epochs: float = Field(10, gt=0, description="passes over the training texts")
    learning_rate: float = Field(1e-4, gt=0, description="peak learning rate of AdamW")
    batch_size: int = Field(
        64, ge=2, description="texts a step and process; each is paired with all others"
    )
    weights: Literal["auto", "best", "last"] = Field(
        "last", description="keep the weights of the best evaluation or the last ones, as of `full`"
    )
    together: int = Field(
        4,
        ge=1,
        description="texts of a label that a batch holds together, so that each has others of its"
        " own; 1 leaves that to chance",
    )
    views: int = Field(
        1,
        ge=1,
        le=4,
        description="times that a text stands in a batch, each time under another dropout and with"
        " other tokens hidden; 2 take twice the time",
    )
    contrast: float = Field(
        1.0, ge=0, description="weight of the contrastive loss beside the labels' cross-entropy"
    )
    temperature: float = Field(
        0.1, gt=0, description="cosines are divided by it: the lower, the harder pairs count"
    )
    examples: int = Field(
        32,
        ge=0,
        description="texts of a label up to which, on average, the head keeps their vectors: it"
        " answers by how near a text lies to them as well; 0 keeps none",
    )
    cutoff: Cutoff = 0.15
    soup: int = Field(
        1,
        ge=1,
        description="trainings, in another order each, whose weights are averaged (a model soup)",
    )
    blend: float = Field(
        1.0,
        gt=0,
        le=1,
        description="share of the trained weights in the model; below 1, such as 0.7, the rest is"
        " what they were before, so that it keeps what few texts cannot teach it (WiSE-FT)",
    )


class AutoOptions(HeadOptions):
    """What is tried, and how; finetuners that fit heads get the options of one."""

    among: list[str] = Field(
        ["probe", "contrastive", "full", "lora"],
        min_length=1,
        description="finetuners to choose from, in the order in which they are tried on each fold,"
        " plugins' own included; of equals the first is taken",
    )
    folds: int = Field(
        3,
        ge=2,
        description="parts of the training texts that are left out in turn, as long as more than"
        " one finetuner may win",
    )
    most: int = Field(
        1000,
        ge=0,
        description="labelled texts up to which it is tried; of more, the whole encoder is trained"
        " without a trial",
    )
    epochs: float | None = Field(
        None,
        gt=0,
        description="passes over the training texts; by default as many as read 6,400 texts, 5 to"
        " 20",
    )
    max_length: int | None = Field(
        None, ge=4, description="tokens a text; by default what 99.5 % of the training texts need"
    )

    def moot(self) -> frozenset[str]:
        """What is about names, where none of the finetuners reads them."""
        return frozenset(OF_NAMES) if READ_NO_NAMES.issuperset(self.among) else super().moot()

    @field_validator("among")
    @classmethod
    def is_not_among_them(cls, among: list[str]) -> list[str]:
        """Refuse to choose the choice."""
        if "auto" in among:
            raise ValueError("auto cannot choose auto; name finetuners")
        return among


def refuse_options(options: FinetuneOptions, task: Task) -> None:
    """Raise PluginError for an option that a task cannot follow."""
    if task.marks and options.head == "probe":
        raise PluginError(
            f"finetune.head: probe needs a pooled vector, and the head of {task.name} reads marks",
            hint="leave it out",
        )
    if options.cutoff > 0 and (task.per_token or task.marks):
        raise PluginError(
            f"finetune.cutoff may hide what is asked about: {task.name} reads single tokens",
            hint="leave it out",
        )
    if task.answer != "vector" and options.temperature is not None:
        raise PluginError(
            f"finetune.temperature is of vectors, and {task.name} answers with {task.answer}",
            hint="leave it out",
        )
    if task.answer == "vector" and options.divergence > 0:
        raise PluginError(
            f"finetune.r_drop compares answers, and {task.name} answers with a vector",
            hint="leave it out",
        )
    if task.answer == "label":
        return
    for name in OF_ONE_LABEL:
        field = type(options).model_fields.get(name)
        if field is not None and getattr(options, name) != field.default:
            raise PluginError(
                f"finetune.{name} asks for one label a text, and {task.name} answers with"
                f" {task.answer}",
                hint="leave it out",
            )
