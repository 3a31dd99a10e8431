"""Student's t, by which a mean of few numbers is less sure than one of many."""

from __future__ import annotations

_T_975 = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13)
"""With 1, 2, ... degrees of freedom."""

_NORMAL = 1.96


def student_95(count: int) -> float:
    """Give how many standard errors hold the mean of so many numbers, two at least, in 95 %."""
    return _T_975[count - 2] if count - 2 < len(_T_975) else _NORMAL
