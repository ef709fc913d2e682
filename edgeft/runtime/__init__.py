"""What a device needs: load a bundle, ask it, let it prove itself.

    from edgeft.runtime import load

    model = load("bundle")
    model("where is my new card?")          # Answer(label='card_arrival', probability=0.98)

Imports numpy, onnxruntime, tokenizers and the standard library only.
"""

from edgeft.runtime.answers import Answer
from edgeft.runtime.classifier import Classifier, load
from edgeft.runtime.counts import TokenCounts
from edgeft.runtime.golden import SelfTest

__all__ = ["Answer", "Classifier", "SelfTest", "TokenCounts", "load"]
