"""ONNX graphs: edited, probed, and what they compute recognised."""
