"""What a device needs: load a bundle, ask it, let it prove itself.

    from edgeft.runtime import load

    model = load("bundle")
    model("where is my new card?")          # Answer(label='card_arrival', probability=0.98)

Imports numpy, onnxruntime, tokenizers and the standard library only.
"""

from edgeft.runtime.answers import Answer
from edgeft.runtime.classifier import Classifier
from edgeft.runtime.counts import TokenCounts
from edgeft.runtime.embedder import Embedder
from edgeft.runtime.entities import Entity
from edgeft.runtime.excerpts import Excerpt
from edgeft.runtime.filler import Filler, Filling
from edgeft.runtime.golden import SelfTest
from edgeft.runtime.labeller import Labeller
from edgeft.runtime.loading import load
from edgeft.runtime.marking import Mentions
from edgeft.runtime.model import Model
from edgeft.runtime.reader import Reader
from edgeft.runtime.relater import RelationClassifier
from edgeft.runtime.scorer import Scorer
from edgeft.runtime.tagger import Tagger
from edgeft.runtime.zero_shot import ZeroShot

__all__ = [
    "Answer",
    "Classifier",
    "Embedder",
    "Entity",
    "Excerpt",
    "Filler",
    "Filling",
    "Labeller",
    "Mentions",
    "Model",
    "Reader",
    "RelationClassifier",
    "Scorer",
    "SelfTest",
    "Tagger",
    "TokenCounts",
    "ZeroShot",
    "load",
]
