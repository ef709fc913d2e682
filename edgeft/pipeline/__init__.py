"""Plans a recipe and runs it: fingerprints, resume, gates, rows, the finished bundle."""

from edgeft.pipeline.nodes import Node, Plan
from edgeft.pipeline.planning import plan
from edgeft.pipeline.running import run

__all__ = ["Node", "Plan", "plan", "run"]
