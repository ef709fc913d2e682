"""What the augmenters of this plugin can be told; each description is the help of its option."""

from typing import Any

from edgeft.plugin import Field, Options


class ContextualOptions(Options):
    """How often, how much, and by whose sense of context."""

    copies: int = Field(1, ge=1, description="changed copies of every training text")
    rate: float = Field(0.15, gt=0, le=1, description="share of a text's words that is replaced")
    model: str | None = Field(
        None,
        min_length=1,
        description="masked language model that says the words: a directory, a hub id or"
        " pkg:PACKAGE/FOLDER; in a recipe by default its base",
    )
    candidates: int = Field(
        10, ge=1, description="likeliest words that one is drawn from, by their probability"
    )
    batch: int = Field(32, ge=1, description="most texts that the model reads at once")


class TranslateOptions(Options):
    """By which translators, over which language, and how."""

    copies: int = Field(1, ge=1, description="copies of every training text")
    there: str | None = Field(
        None,
        min_length=1,
        description="sequence-to-sequence model into another language: a directory, a hub id such"
        " as Helsinki-NLP/opus-mt-en-de, or pkg:PACKAGE/FOLDER",
    )
    back: str | None = Field(
        None,
        min_length=1,
        description="the model home again; by default `there`, for one that knows many languages",
    )
    source_language: str | None = Field(
        None,
        min_length=1,
        description="the texts' language, as a model of many languages calls it:"
        " eng_Latn (NLLB), en_XX (mBART), en (M2M100)",
    )
    pivot_language: str | None = Field(
        None, min_length=1, description="the other language, as the model calls it"
    )
    there_prefix: str = Field(
        "",
        description="what `there` has to read before a text, such as T5's"
        " `translate English to German: `",
    )
    back_prefix: str = Field("", description="what `back` has to read before a text")
    beams: int = Field(4, ge=1, description="translations that are followed at a time")
    temperature: float | None = Field(
        None,
        gt=0,
        description="draw words by their probability to this temperature, instead of"
        " following beams: more varied, less exact",
    )
    max_length: int = Field(128, ge=1, description="longest text and translation, in tokens")
    batch: int = Field(16, ge=1, description="texts that are translated at once")


class WriterOptions(Options):
    """Who writes, how, and what it may cost."""

    model: str = Field(
        "",
        description="causal language model that writes here: a directory, a hub id or"
        " pkg:PACKAGE/FOLDER",
    )
    gguf_file: str = Field(
        "", description="file of the model's directory that has it in the format GGUF"
    )
    url: str = Field(
        "",
        description="address of a server that speaks OpenAI's chat completions, up to /v1, instead"
        " of a model: http://localhost:8080/v1",
    )
    server_model: str = Field("", description="what the server calls the model")
    key_variable: str = Field(
        "OPENAI_API_KEY",
        min_length=1,
        description="environment variable that holds the server's key; what is in it is sent to"
        " `url`, and one that is not set is not needed unless you name it",
    )
    temperature: float = Field(
        0.9, ge=0, description="how freely words are drawn; 0 takes the likeliest"
    )
    top_p: float = Field(
        0.95, gt=0, le=1, description="share of the probability that words are drawn from"
    )
    max_tokens: int = Field(256, ge=1, description="longest answer, in tokens")
    batch: int = Field(8, ge=1, description="requests that a model here answers at once")
    parallel: int = Field(4, ge=1, description="requests that a server is sent at a time")
    retries: int = Field(
        5, ge=0, description="times that a request is sent again which a server could not answer"
    )
    timeout: float = Field(120.0, gt=0, description="seconds that a server has for an answer")
    body: dict[str, Any] = Field(
        {},
        description="further fields of what a server is sent, null for one that it does not take:"
        " {max_tokens: null, max_completion_tokens: 400, seed: null}",
    )
    most_requests: int | None = Field(
        None, ge=1, description="most requests of this step, those answered before included"
    )
    price_in: float = Field(0.0, ge=0, description="price of a million tokens that are read")
    price_out: float = Field(0.0, ge=0, description="price of a million tokens that are written")
    most_cost: float | None = Field(
        None,
        gt=0,
        description="most that the answers of this step may cost, those of earlier runs included;"
        " it ends with what was written by then",
    )
    dry_run: bool = Field(
        False,
        description="ask nothing and add nothing: say how many requests, tokens and what cost",
    )

    @property
    def source(self) -> str:
        """The model by the name that it is found by, its one file included."""
        return f"{self.model}#{self.gguf_file}" if self.gguf_file else self.model


class ParaphraseOptions(WriterOptions):
    """Who writes how many copies, and what it is told."""

    copies: int = Field(1, ge=1, description="copies that are asked for of every training text")
    prompt: str = Field(
        "Say the text below in other words, in {copies} different way(s). Keep its language and its"
        " meaning. Write one version a line and nothing else.\n\nText: {text}",
        min_length=1,
        description="what is asked; {text}, {label} and {copies} are filled in",
    )


class GenerateOptions(WriterOptions):
    """Who writes how many texts of each label, and what it is told and shown."""

    per_label: int = Field(20, ge=1, description="new texts that are asked for of every label")
    per_request: int = Field(10, ge=1, description="new texts that one request asks for")
    shown: int = Field(5, ge=1, description="texts of the label that a request shows, drawn anew")
    max_tokens: int = Field(512, ge=1, description="longest answer, in tokens")
    prompt: str = Field(
        "Here are texts of the category `{label}`:\n\n{texts}\n\nWrite {count} new texts of the"
        " same category, language and style, all different. Write one a line and nothing else.",
        min_length=1,
        description="what is asked; {label}, {texts} and {count} are filled in",
    )
