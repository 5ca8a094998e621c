"""What the operator of an installation decides: where things live and what is allowed, by NEUROSHORTS_* variables."""

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import platformdirs
from pydantic import Field, SecretStr, TypeAdapter, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from blocks import APP_NAME
from models.media import MediaLimits
from models.stock import Shape, StockProvider
from models.voice import VoiceProvider

_GIB = 1 << 30
_WORKER_BYTES = _GIB // 3
_LISTS = ("allowed_roots", "allowed_buckets", "allowed_stores", "allowed_blocks", "allowed_destinations")
_FLAG = TypeAdapter(bool)


def _cache_dir() -> Path:
    return platformdirs.user_cache_path(APP_NAME)


class Settings(BaseSettings):
    """The settings of this installation, read from the environment."""

    model_config = SettingsConfigDict(env_prefix="NEUROSHORTS_", frozen=True, extra="ignore")

    store: str = Field(
        default_factory=lambda: str(_cache_dir() / "store"),
        description="Artifact store: a folder, store://NAME/folder, or an fsspec URL such as s3://bucket/folder",
    )
    destination: str = Field(
        default="output", description="Where shorts go whose spec and run name no destination: a folder or fsspec URL"
    )
    link_lifetime_s: int = Field(
        default=7 * 24 * 3600,
        ge=60,
        le=7 * 24 * 3600,
        description="How long presigned share links work; S3 takes a week",
    )
    link_bases: dict[str, str] = Field(
        default={},
        description="Public addresses of folders and buckets, as of a CDN, as a JSON object; links begin with them",
    )
    prove_links: bool = Field(
        default=True, description="Download each web share link once and compare what comes with the published file"
    )
    cache_control: str = Field(
        default="no-cache",
        description="Cache-Control of published files: asks whether one has changed before reusing it",
    )
    cache_dir: Path = Field(
        default_factory=lambda: _cache_dir() / "remote", description="Local copies of a remote store's blobs"
    )
    cache_max_gib: float | None = Field(
        default=50,
        gt=0,
        description="Most GiB of blobs on this machine, above which the longest unused go; null for any number",
    )
    allow_private_networks: bool = Field(
        default=False, description="Let sources name addresses inside private, loopback and link-local networks"
    )
    allowed_roots: tuple[Path, ...] | None = Field(
        default=None, description="Folders that local sources must lie in, as a JSON list; unset allows any"
    )
    allowed_buckets: tuple[str, ...] | None = Field(
        default=None, description="S3 buckets that sources may name, as a JSON list; unset allows any"
    )
    allowed_stores: tuple[str, ...] | None = Field(
        default=None, description="Object stores that sources may name (store://NAME), as a JSON list; unset allows any"
    )
    allowed_voices: tuple[VoiceProvider, ...] | None = Field(
        default=None, description="Providers of voices that specs may name, as a JSON list; unset allows any"
    )
    allowed_blocks: tuple[str, ...] | None = Field(
        default=None, description="Voice blocks and brand kits that specs may name, as a JSON list; unset allows any"
    )
    allowed_destinations: tuple[str, ...] | None = Field(
        default=None,
        description="Folders and URLs besides `destination` that shorts may go below, as a JSON list; unset allows any",
    )
    untrusted_specs: bool = Field(
        default=False,
        description="Specs come from strangers: of the lists above, what is unset allows nothing, and espeak alone",
    )
    max_short_ms: int = Field(
        default=4 * 3_600_000, gt=0, description="Longest that all files of one render may last together"
    )
    max_source_bytes: int = Field(default=2 * _GIB, gt=0, description="Largest source in bytes")
    max_pixels: int = Field(default=100_000_000, gt=0, description="Most pixels in one picture")
    max_duration_ms: int = Field(default=4 * 3_600_000, gt=0, description="Longest clip or track")
    download_timeout_s: float = Field(default=1800, gt=0, description="Longest download of one source")
    connect_timeout_s: float = Field(default=10, gt=0, description="To reach a source's server")
    read_timeout_s: float = Field(default=30, gt=0, description="Longest silence while a source is read")
    callback_secret: SecretStr | None = Field(
        default=None,
        description="Key that signs callbacks; unset takes Prefect's Secret block neuroshorts-callback-secret, if any",
    )
    callback_hosts: tuple[str, ...] = Field(
        default=(),
        description="Hosts inside private networks that callbacks may go to, as a JSON list of host or host:port",
    )
    stock_providers: tuple[StockProvider, ...] = Field(
        default=(StockProvider.LIBRARY, StockProvider.PEXELS, StockProvider.PIXABAY),
        description="Who `stock:` visuals may come from, the first preferred, as a JSON list",
    )
    stock_library: str | None = Field(
        default=None,
        description="Your own pictures and clips for `stock:` visuals: a folder, s3://bucket/prefix or store://NAME/…",
    )
    pexels_api_key: SecretStr | None = Field(
        default=None, description="Unset takes Prefect's Secret block neuroshorts-pexels-api-key, if any"
    )
    pexels_api_url: str = Field(default="https://api.pexels.com", description="Where Pexels' API is")
    pixabay_api_key: SecretStr | None = Field(
        default=None, description="Unset takes Prefect's Secret block neuroshorts-pixabay-api-key, if any"
    )
    pixabay_api_url: str = Field(default="https://pixabay.com/api", description="Where Pixabay's API is")
    image_api_url: str = Field(
        default="https://api.openai.com/v1", description="Base address of the image endpoint for `image:` visuals"
    )
    image_api_key: SecretStr | None = Field(
        default=None, description="Unset takes Prefect's Secret block neuroshorts-image-api-key, if any"
    )
    image_model: str = Field(default="gpt-image-1", description="Model that the image endpoint is asked for")
    image_sizes: dict[Shape, str] = Field(
        default={Shape.PORTRAIT: "1024x1536", Shape.SQUARE: "1024x1024", Shape.LANDSCAPE: "1536x1024"},
        description="Size asked of the image endpoint for each shape of canvas, as a JSON object",
    )
    image_timeout_s: float = Field(default=180, gt=0, description="Longest wait for one generated image")
    strict_rate_limits: bool = Field(
        default=False, description="Refuse to call an outside service whose rate limit does not exist in Prefect"
    )
    assets: Path = Field(default=Path("assets"), description="Folder of your own assets, which `assets:NAME` names")
    assets_library: str | None = Field(
        default=None,
        description="Where `assets:NAME` is looked for next: a folder, s3://bucket/prefix or store://NAME/folder",
    )
    fonts: Path = Field(default=Path("fonts"), description="Folder of your own fonts (.ttf, .otf) for captions")
    presets: Path = Field(
        default=Path("presets"), description="Folder of your own presets, those of captions in its folder captions/"
    )
    effects: Path | None = Field(
        default=None, description="Folder of your own effects: Python files, which run as part of the program"
    )
    music: Path = Field(
        default=Path("music"), description="Folder of your own music, chosen by mood before the tracks that come along"
    )
    openai_api_key: SecretStr | None = Field(
        default=None, description="Key of the openai voice, where no block of it is saved"
    )
    openai_url: str = Field(
        default="", description="Base URL of the openai voice, such as http://kokoro:8880/v1; empty for OpenAI's own"
    )
    elevenlabs_api_key: SecretStr | None = Field(
        default=None, description="Key of the elevenlabs voice, where no block of it is saved"
    )
    whisper_model: str = Field(
        default="",
        description="faster-whisper model (folder or name) that finds words in speech; empty: they are estimated",
    )
    log_dir: Path = Field(default=Path("logs"), description="Folder of app.log, for processes that keep one")
    log_json: bool = Field(default=False, description="Write app.log as one JSON object a line")
    sentry_dsn: SecretStr | None = Field(
        default=None, description="Where errors that no user made are sent; unset: nowhere"
    )
    metrics_port: int = Field(default=9464, ge=1, le=65535, description="Of the exporter that Prometheus scrapes")
    brands_dir: Path = Field(default=Path("brands"), description="Folder of brand kits, NAME.toml each")
    workers: int = Field(default=0, ge=0, description="Scenes rendered at once; 0 decides from cores and memory")

    @model_validator(mode="before")
    @classmethod
    def _closed_to_strangers(cls, given: dict[str, Any]) -> dict[str, Any]:
        if not _FLAG.validate_python(given.get("untrusted_specs", False)):
            return given
        return {**dict.fromkeys(_LISTS, ()), "allowed_voices": (VoiceProvider.ESPEAK,), **given}

    @property
    def media_limits(self) -> MediaLimits:
        """What one source may cost."""
        return MediaLimits(
            max_bytes=self.max_source_bytes, max_pixels=self.max_pixels, max_duration_ms=self.max_duration_ms
        )

    @property
    def cache_max_bytes(self) -> int | None:
        """Most bytes of blobs on this machine, if there is a limit."""
        return None if self.cache_max_gib is None else int(self.cache_max_gib * _GIB)

    @property
    def scene_workers(self) -> int:
        """Scenes to render at once: as told, or what the cores and the memory of this process allow."""
        return self.workers or max(1, min(_usable_cores(), _memory_bytes() // _WORKER_BYTES))


def get_settings() -> Settings:
    """Return the settings as the environment has them now."""
    return _settings_of(frozenset(os.environ.items()))


@lru_cache(maxsize=8)
def _settings_of(_environment: frozenset[tuple[str, str]]) -> Settings:
    """Read the settings once for each environment: it takes a millisecond, and every step asks many times."""
    return Settings()


def _usable_cores() -> int:
    """Cores this process may run on, fewer than the machine's under taskset or a container's cpuset or quota."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _cgroup_value("cpu.max").split()
    if len(quota) == 2 and quota[0].isdigit():
        cores = min(cores, max(1, int(quota[0]) // int(quota[1])))
    return cores


def _memory_bytes() -> int:
    """Physical memory, or the container's limit when that is lower."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = _cgroup_value("memory.max")
    return min(total, int(limit)) if limit.isdigit() else total


def _cgroup_value(name: str) -> str:
    try:
        return Path("/sys/fs/cgroup", name).read_text().strip()
    except OSError:
        return ""
