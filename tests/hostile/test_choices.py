"""What specs may not choose: providers, blocks, kits and destinations outside the operator's lists."""

from pathlib import Path
from typing import Any

import pytest

from blocks.allowed import check_choices, check_destination
from blocks.settings import Settings
from engines.errors import ChoiceRefused, RenderFailed, ShortTooLong, SpecInvalid
from models.spec import ShortSpec
from models.voice import VoiceProvider
from tests.flows.studio import Studio

SCENE = {"narration": "Hi.", "visual": "color:#102030"}
OPEN = Settings()
STRICT = Settings(untrusted_specs=True)


def spec(**fields: Any) -> ShortSpec:
    return ShortSpec.model_validate({"title": "T", "scenes": [SCENE], **fields})


def test_without_lists_a_spec_may_choose_anything():
    check_choices(spec(voice={"provider": "openai", "block": "b"}, brand="news"), OPEN)
    check_destination("s3://any/where", OPEN)
    check_destination("/any/where", OPEN)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"voice": {"provider": "openai"}}, "voice.provider"),
        ({"voice": {"fallback": ["espeak", "elevenlabs:Rachel"]}}, "voice.fallback.1"),
        ({"voice": {"block": "expensive"}}, "voice.block"),
        ({"brand": "rival"}, "brand"),
    ],
)
def test_what_is_not_on_a_list_is_refused_by_its_field(fields: dict[str, Any], field: str):
    settings = Settings(allowed_voices=(VoiceProvider.ESPEAK, VoiceProvider.EDGE), allowed_blocks=("cheap", "news"))
    check_choices(spec(voice={"provider": "edge", "block": "cheap"}, brand="news"), settings)
    with pytest.raises(ChoiceRefused) as failure:
        check_choices(spec(**fields), settings)
    assert failure.value.field == field
    with pytest.raises(ChoiceRefused):
        check_choices(spec(**fields), STRICT)


def test_specs_of_strangers_have_only_what_a_list_gives_them():
    assert STRICT.allowed_roots == STRICT.allowed_buckets == STRICT.allowed_stores == STRICT.allowed_destinations == ()
    given = Settings(untrusted_specs=True, allowed_buckets=("media",), allowed_voices=(VoiceProvider.EDGE,))
    assert (given.allowed_buckets, given.allowed_voices, given.allowed_roots) == (("media",), ("edge",), ())


def test_the_environment_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NEUROSHORTS_UNTRUSTED_SPECS", "true")
    monkeypatch.setenv("NEUROSHORTS_ALLOWED_DESTINATIONS", '["s3://shorts"]')
    assert (Settings().allowed_roots, Settings().allowed_destinations) == ((), ("s3://shorts",))


@pytest.mark.parametrize(
    "folder",
    [
        "s3://shorts/mine/a", "s3://shorts", "gs://media/x", "store://site/shorts/a", "{tmp}/out/a", "{tmp}/own/a/b",
    ],
)  # fmt: skip
def test_destinations_below_a_root_are_taken(folder: str, tmp_path: Path):
    check_destination(folder.replace("{tmp}", str(tmp_path)), listed(tmp_path))


@pytest.mark.parametrize(
    "folder",
    [
        "s3://shorts-of-others/a", "s3://other/a", "s3://shorts/../other/a", "gs://shorts/a", "gs://media/y",
        "store://site/shorts-too/a", "store://other/shorts/a", "{tmp}/out/../a", "{tmp}/outer/a", "{tmp}/out/link/a",
        "{tmp}", "/etc/cron.d", "file:///etc/cron.d", "sftp://inside/a", "http://169.254.169.254/a", "memory://a",
    ],
)  # fmt: skip
def test_all_others_are_refused_also_by_dots_and_links(folder: str, tmp_path: Path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "link").symlink_to(tmp_path)
    with pytest.raises(ChoiceRefused):
        check_destination(folder.replace("{tmp}", str(tmp_path)), listed(tmp_path))


@pytest.mark.parametrize("folder", ["simplecache::s3://shorts/a", "zip://x::file:///etc", "sftp://me:hunter2@host/a"])
def test_chains_and_passwords_are_refused_without_any_list(folder: str):
    with pytest.raises(ChoiceRefused) as failure:
        check_destination(folder, OPEN)
    assert "hunter2" not in str(failure.value)


def listed(tmp_path: Path) -> Settings:
    roots = ("s3://shorts", "gs://media/x/", "store://site/shorts", str(tmp_path / "out"))
    return Settings(allowed_destinations=roots, destination=f"{tmp_path}/own/{{date}}/{{slug}}")


def test_a_render_of_a_stranger_is_refused_before_it_begins(studio: Studio):
    closed = {"NEUROSHORTS_UNTRUSTED_SPECS": "true"}
    with pytest.raises(ChoiceRefused, match="destination"):
        studio.render({"title": "T", "scenes": [SCENE]}, **closed)
    own = {**closed, "NEUROSHORTS_DESTINATION": str(studio.output)}
    with pytest.raises(SpecInvalid, match=r"voice\.provider"):
        studio.render({"title": "T", "scenes": [SCENE], "voice": {"provider": "edge"}}, **own)
    secret = studio.root / "secret.png"
    secret.write_bytes(b"x")
    with pytest.raises(RenderFailed, match="outside the folders"):
        studio.render({"title": "T", "scenes": [{**SCENE, "visual": str(secret)}]}, **own)
    assert not studio.output.exists()


def test_a_few_lines_cannot_ask_for_days_of_encoding(studio: Studio):
    scene = {"visual": "color:#102030", "min_duration_ms": 60_000}
    wide = {"title": "T", "scenes": [scene], "variants": [{"shape": "wide"}]}
    with pytest.raises(ShortTooLong, match="2 file"):
        studio.render(wide, NEUROSHORTS_MAX_SHORT_MS="100000")
