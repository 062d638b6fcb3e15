"""Each row of a school's log carries a digest over all rows before it, so an altered row is found and named."""

import hashlib


def link(previous: str, body: str, verdict: str, reason: str) -> str:
    """The chain digest of a row, from the digest before it and what the row holds."""
    return hashlib.sha256(f"{previous}\n{verdict}\n{reason}\n{body}".encode()).hexdigest()
