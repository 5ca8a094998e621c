"""Pictures made from a prompt, by any endpoint that speaks OpenAI's images API (OpenAI, LocalAI and others)."""

import base64
import binascii
from dataclasses import dataclass

import httpx
from pydantic import SecretStr

from blocks.api import Api, as_documented
from blocks.settings import Settings
from blocks.web import WebFile
from blocks.web_addresses import server_of
from engines.errors import ServiceFailed

KEY_BLOCK = "neuroshorts-image-api-key"
KEY_SETTING = "NEUROSHORTS_IMAGE_API_KEY"
OPENAI_HOST = "api.openai.com"
_MOST_BYTES = 100_000_000


@dataclass(frozen=True)
class ImageApi:
    """The client of one installation."""

    api: Api
    settings: Settings

    @classmethod
    def open(cls, key: SecretStr | None, settings: Settings, *, key_help: str) -> "ImageApi":
        """Return a client of the configured endpoint; without a key none is sent."""
        headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
        api = Api(
            service_of(settings),
            settings.image_api_url,
            settings,
            key,
            key_help,
            headers,
            timeout_s=settings.image_timeout_s,
            max_bytes=_MOST_BYTES,
        )
        return cls(api, settings)

    def make(self, prompt: str, *, model: str, size: str) -> bytes | WebFile:
        """Return the picture's bytes, or where it can be downloaded. Raises ServiceRefused, ServiceFailed.

        `response_format` is not sent, since newer models refuse it; both forms of answer are understood.
        """
        answer = self.api.post("images/generations", {"model": model, "prompt": prompt, "size": size, "n": 1})
        with as_documented(self.api.service):
            first = answer.data["data"][0]
            if encoded := first.get("b64_json"):
                return _decoded(str(encoded), self.api.service)
            return WebFile(str(first["url"]), self._download_settings(str(first["url"])))

    def _download_settings(self, url: str) -> Settings:
        """Return the settings, which let a picture come from the endpoint itself even in a private network."""
        same = _server(url) == _server(self.settings.image_api_url)
        return self.settings.model_copy(update={"allow_private_networks": True}) if same else self.settings


def service_of(settings: Settings) -> str:
    """Return the endpoint as a circuit breaker knows it."""
    return f"image {_server(settings.image_api_url) or settings.image_api_url}"


def needs_key(settings: Settings) -> bool:
    """Return whether the endpoint certainly refuses calls without a key."""
    return _server(settings.image_api_url) == f"{OPENAI_HOST}:443"


def _server(address: str) -> str:
    try:
        return server_of(httpx.URL(address))
    except httpx.InvalidURL:
        return ""


def _decoded(encoded: str, service: str) -> bytes:
    try:
        return base64.b64decode(encoded.partition(",")[2] if encoded.startswith("data:") else encoded, validate=True)
    except binascii.Error as error:
        raise ServiceFailed(service=service, reason=f"its picture is not Base64: {error}") from None
