"""Cutting a model down: which parts it has, and the same model with some of them left out."""
