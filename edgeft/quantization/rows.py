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
    steps, scales = int4_steps(table.reshape(len(table), -1, block), lowest=-8)
    values = (steps + 8).astype(np.uint8)
    return values[..., : block // 2] | (values[..., block // 2 :] << 4), scales


def int4_pairs(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Packed int8 (rows, width / 2) and float32 scales (rows, 1).

    A byte is low + 16 * high, both from -7 to 7 and times the row's scale a value: of the row's
    first half and of its second.
    """
    steps, scales = int4_steps(table, lowest=-7)
    half = table.shape[1] // 2
    return steps[:, :half] + 16 * steps[:, half:], scales


def int4_steps(blocks: np.ndarray, lowest: int) -> tuple[np.ndarray, np.ndarray]:
    """Steps from `lowest` to 7 as int8, and the scale of each block, (..., 1) as float32."""
    steps = np.empty(blocks.shape, np.int8)
    scales = np.empty((*blocks.shape[:-1], 1), np.float32)
    for start in range(0, len(blocks), STEPS):
        part = slice(start, start + STEPS)
        scales[part] = least_error_scales(blocks[part], lowest)
        steps[part] = rounded(blocks[part], scales[part], lowest)
    return steps, scales


def least_error_scales(blocks: np.ndarray, lowest: int = -8) -> np.ndarray:
    """The scale of each block (..., 1) that leaves the least squared error.

    A few values that are cut off cost less than coarse steps for all the others.
    """
    largest = np.abs(blocks).max(axis=-1, keepdims=True)
    largest[largest == 0] = 1
    return best_scales(blocks, [largest * clip / 7 for clip in CLIPS], lowest)


def best_scales(blocks: np.ndarray, tried: list[np.ndarray], lowest: int = -8) -> np.ndarray:
    """Of scales (..., 1), each block's with the least squared error."""
    errors = [
        ((rounded(blocks, scales, lowest) * scales - blocks) ** 2).sum(axis=-1, keepdims=True)
        for scales in tried
    ]
    best = np.argmin(errors, axis=0)
    found: np.ndarray = np.take_along_axis(np.stack(tried), best[None], axis=0)[0]
    return found


def rounded(blocks: np.ndarray, scales: np.ndarray, lowest: int = -8) -> np.ndarray:
    """The nearest of the steps from `lowest` to 7, as floats."""
    found: np.ndarray = np.clip(np.round(blocks / scales), lowest, 7)
    return found


def block_of(width: int) -> int:
    """The values that share a scale: the largest even divisor of an even width up to BLOCK."""
    return max(size for size in range(2, min(width, BLOCK) + 1, 2) if width % size == 0)
