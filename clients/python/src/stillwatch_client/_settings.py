"""Settings of a client: server URL, API key, timeout, retries. Defaults come from environment variables."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

import httpx

from ._errors import StillwatchError

_VERSION = "0.1.0"


@dataclass(frozen=True)
class Settings:
    """Connection settings of a client."""

    base_url: httpx.URL
    api_key: str | None = field(repr=False)
    timeout: float
    max_retries: int

    @classmethod
    def of(
        cls,
        base_url: str | None,
        api_key: str | None,
        timeout: float | None,
        max_retries: int | None,
    ) -> Settings:
        """Create settings from the arguments, else the environment, else the defaults."""
        url = base_url or os.environ.get("STILLWATCH_BASE_URL") or "http://127.0.0.1:7700"
        seconds = _number("timeout", timeout, "STILLWATCH_TIMEOUT", 10.0)
        retries = _number("max_retries", max_retries, "STILLWATCH_MAX_RETRIES", 2)
        if not seconds > 0:
            raise StillwatchError(f"timeout: expected seconds above 0, got {seconds}")
        if retries < 0 or retries != int(retries):
            raise StillwatchError(f"max_retries: expected a whole number of at least 0, got {retries}")
        return cls(
            base_url=httpx.URL(url.rstrip("/") + "/"),
            api_key=api_key or os.environ.get("STILLWATCH_API_KEY") or None,
            timeout=float(seconds),
            max_retries=int(retries),
        )

    def headers(self) -> dict[str, str]:
        """Return the headers of every request."""
        headers = {
            "accept": "application/json",
            "user-agent": f"stillwatch-client/{_VERSION}",
        }
        if self.api_key is not None:
            headers["authorization"] = f"Bearer {self.api_key}"
        return headers


def _number(name: str, given: float | None, variable: str, default: float) -> float:
    if given is not None:
        return given
    text = os.environ.get(variable)
    if not text:
        return default
    try:
        return float(text)
    except ValueError:
        raise StillwatchError(f"{variable}: expected a number for {name}, got {text!r}") from None
