"""Retry policy: which responses are retried, and after what delay."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

STATUSES = frozenset({429, 502, 503, 504})

_FIRST_SECONDS = 0.25
_LONGEST_SECONDS = 8.0
# If the server requests a longer delay, an error visible to the caller is better.
_RETRY_AFTER_SECONDS_MAX = 60.0


def delay(attempt: int, headers: Mapping[str, str] | None) -> float | None:
    """Return the seconds before attempt `attempt + 1` (the first is 0); `None` if `Retry-After` is too long.

    The delay is at least `Retry-After`; jitter is added so that callers rejected together do not retry together.
    """
    backoff = min(_FIRST_SECONDS * 2.0**attempt, _LONGEST_SECONDS)
    requested = _retry_after(headers) if headers is not None else None
    if requested is None:
        return backoff * random.uniform(0.5, 1.0)
    if requested > _RETRY_AFTER_SECONDS_MAX:
        return None
    return requested + backoff * random.uniform(0.0, 0.5)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after")
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            at = parsedate_to_datetime(value)
        except ValueError:
            return None
        if at.tzinfo is None:
            at = at.replace(tzinfo=timezone.utc)
        seconds = (at - datetime.now(timezone.utc)).total_seconds()
    # In this order, so that NaN becomes 0.
    return max(0.0, seconds)
