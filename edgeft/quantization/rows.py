"""Rows of tables as integers and scales.

int8 has a scale for each row. int4 has one for each block of a row, chosen for the least squared
error, and two values a byte: the first half of a block in the low bits, the second half in the
high ones.
"""

import numpy as np

FEWEST = 16
"""rows worth it: a smaller table, as of token types, wins nothing and adds its error to all"""
LARGE = 0.1
"""share of all looked-up weights from which a table is worth int4"""
BLOCK = 128
"""most values that share a scale in int4"""
STEPS = 8192
"""rows quantized at a time"""
CLIPS = np.linspace(1.0, 0.6, 9, dtype=np.float32)
"""shares of a block's largest value that int4 may reach to, tried for the least error"""


def int8_rows(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """int8 (rows, width) and float32 scales (rows, 1) whose product is nearest to the table."""
    scales = np.abs(table).max(axis=1, keepdims=True) / 127
    scales[scales == 0] = 1
    return np.round(table / scales).astype(np.int8), scales.astype(np.float32)


def int4_blocks(table: np.ndarray, block: int) -> tuple[np.ndarray, np.ndarray]:
    """Packed uint8 (rows, blocks, block / 2) and float32 scales (rows, blocks, 1).

    A value is (four bits - 8) times its block's scale.
    """
    blocks = table.reshape(len(table), -1, block)
    values = np.empty(blocks.shape, np.uint8)
    scales = np.empty((*blocks.shape[:2], 1), np.float32)
    for start in range(0, len(blocks), STEPS):
        part = slice(start, start + STEPS)
        scales[part] = least_error_scales(blocks[part])
        values[part] = rounded(blocks[part], scales[part]) + 8
    return values[..., : block // 2] | (values[..., block // 2 :] << 4), scales


def least_error_scales(blocks: np.ndarray) -> np.ndarray:
    """The scale of each block (rows, blocks, 1) that leaves the least squared error.

    A few values that are cut off cost less than coarse steps for all the others.
    """
    largest = np.abs(blocks).max(axis=-1, keepdims=True)
    largest[largest == 0] = 1
    tried = [largest * clip / 7 for clip in CLIPS]
    errors = [
        ((rounded(blocks, scales) * scales - blocks) ** 2).sum(axis=-1, keepdims=True)
        for scales in tried
    ]
    best = np.argmin(errors, axis=0)
    found: np.ndarray = np.take_along_axis(np.stack(tried), best[None], axis=0)[0]
    return found


def rounded(blocks: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """The nearest of the sixteen steps from -8 to 7, as floats."""
    found: np.ndarray = np.clip(np.round(blocks / scales), -8, 7)
    return found


def block_of(width: int) -> int:
    """The values that share a scale: the largest even divisor of an even width up to BLOCK."""
    return max(size for size in range(2, min(width, BLOCK) + 1, 2) if width % size == 0)
