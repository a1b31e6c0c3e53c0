"""Indices into the 478 points of MediaPipe's face mesh."""

OUTER_LIPS = [
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185,
]  # fmt: skip
"""The outer border of the lips: 20 points from the right mouth corner, lower lip first."""
INNER_LIPS = [
    78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191,
]  # fmt: skip
"""The inner border, in the same order."""
RIGHT_CORNER, LEFT_CORNER, UPPER_LIP, LOWER_LIP = 61, 291, 0, 17
"""Mouth corners, and the centres of the upper and lower lip edges; right is the subject's right."""
RIGHT_EYE, LEFT_EYE = (33, 133), (362, 263)
"""Both corners of each eye."""
NOSE_TIP, NOSE_BRIDGE = 4, 6
JAW = [
    234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152,
    377, 400, 378, 379, 365, 397, 288, 361, 323, 454,
]  # fmt: skip
"""The jaw line from ear to ear."""
