"""Integer graphs: which weights become integers, in what steps, for which processors."""
