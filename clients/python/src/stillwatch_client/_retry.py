"""When a call is sent again, and how long to wait before."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

STATUSES = frozenset({429, 502, 503, 504})

_FIRST_SECONDS = 0.25
_LONGEST_SECONDS = 8.0
# A server that asks for more is better answered by an error that the caller sees.
_LONGEST_ASKED_SECONDS = 60.0


def delay(attempt: int, headers: Mapping[str, str] | None) -> float | None:
    """Seconds before attempt number `attempt + 1` (the first is 0); `None` when the server asks for too long a wait.

    What the server asks for in `Retry-After` is the least; a random share is added so that callers refused
    together do not come back together.
    """
    backoff = min(_FIRST_SECONDS * 2.0**attempt, _LONGEST_SECONDS)
    asked = _asked(headers) if headers is not None else None
    if asked is None:
        return backoff * random.uniform(0.5, 1.0)
    if asked > _LONGEST_ASKED_SECONDS:
        return None
    return asked + backoff * random.uniform(0.0, 0.5)


def _asked(headers: Mapping[str, str]) -> float | None:
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
    # In this order, so that what is not a number becomes 0.
    return max(0.0, seconds)
