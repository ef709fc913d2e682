"""Looks for the student of a recipe that gives budgets instead of a method: `distill: auto`."""
