"""The signature a request to an S3 server must carry.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

from __future__ import annotations

import hashlib
import hmac
import re

from aiohttp import web

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=[^/]+/(?P<scope>[^,]+), ?SignedHeaders=(?P<headers>[^,]+), ?Signature="
)


def signature_of(request: web.Request, body: bytes, secret_key: str) -> str:
    """The signature in hexadecimal, with this secret; `unsigned` when the request has none or its body was changed."""
    found = AUTHORIZATION.match(request.headers.get("authorization", ""))
    if not found or request.headers["x-amz-content-sha256"] != hashlib.sha256(body).hexdigest():
        return "unsigned"
    canonical = hashlib.sha256(_canonical(request, found["headers"]).encode()).hexdigest()
    text = "\n".join(("AWS4-HMAC-SHA256", request.headers["x-amz-date"], found["scope"], canonical))
    key = f"AWS4{secret_key}".encode()
    for part in found["scope"].split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def _canonical(request: web.Request, signed: str) -> str:
    path, _, query = request.raw_path.partition("?")
    pairs = sorted(pair if "=" in pair else f"{pair}=" for pair in query.split("&") if pair)
    headers = [f"{name}:{' '.join(request.headers[name].split())}" for name in signed.split(";")]
    digest = request.headers["x-amz-content-sha256"]
    return "\n".join((request.method, path, "&".join(pairs), *headers, "", signed, digest))
