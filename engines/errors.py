"""Every failure this software names, in one tree.

`UserError` is the sender's mistake: never retried, exit code 2 or 1, told in one line that names the field, the
scene or the source. `TransientError` may pass by itself and is retried. Anything else is a bug.

All of them pickle, since they cross process borders inside Prefect's states.
"""

import re
from typing import Any

from models.report import StepFailure
from models.spec import ShortSpec

# What a terminal would obey; lines and tabs are the messages' own.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class NeuroShortsError(Exception):
    """The root of the tree. `details` are the keyword arguments of the failure, kept as attributes."""

    template = "{message}"

    def __init__(self, **details: Any) -> None:
        self.details = details
        super().__init__(_CONTROL.sub("�", self.template.format(**details)))

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["details"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.details)


def _rebuild(kind: type[NeuroShortsError], details: dict[str, Any]) -> NeuroShortsError:
    return kind(**details)


class UserError(NeuroShortsError):
    """A mistake in what was sent; running it again cannot help."""


class TransientError(NeuroShortsError):
    """A fault that may pass by itself; running it again may help."""


class SpecMistake(UserError):
    """A mistake in the spec itself, seen before any work: exit code 2. Several are told at once, as SpecInvalid."""


class SpecInvalid(SpecMistake):
    """Needs `problems`: one line per mistake, each with the field's path and what would be right.

    May have `sound`, what is left of the spec without its wrong `fields`, of which more may be told.
    """

    template = "the spec has {count}:\n{lines}"

    def __init__(
        self, *, problems: tuple[str, ...], fields: tuple[str, ...] = (), sound: ShortSpec | None = None
    ) -> None:
        self.problems, self.fields, self.sound = problems, fields, sound
        count = "1 mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
        super().__init__(count=count, lines="\n".join(f"  {line}" for line in problems))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), {"problems": self.problems, "fields": self.fields, "sound": self.sound})


class BatchInvalid(UserError):
    """Needs `source`, `reason`: where a batch's rows should come from cannot be read as rows."""

    template = "{source}: {reason}"


class RunRefused(UserError):
    """Needs `reason`: Prefect's API did not accept a run as it was asked for."""

    template = "the run was refused: {reason}"


class RowsFailed(UserError):
    """Needs `failed`, `total`, `report`: some rows of a batch are not done; `report` is where each row is told."""

    template = "{failed} of {total} rows are not done; see {report}"


# --- sources -----------------------------------------------------------------------------------------------------


class SourceNotFound(UserError):
    """Needs `source`."""

    template = "{source}: not found"


class SourceRefused(UserError):
    """Needs `source`, `reason`: an address or path that this installation does not allow."""

    template = "{source}: refused: {reason}"


class SourceTooLarge(UserError):
    """Needs `source`, `limit`: the limit that was passed, in words."""

    template = "{source}: larger than allowed ({limit})"


class SourceUnreadable(UserError):
    """Needs `source`, `reason`: empty, corrupt, or not the kind of media that was asked for."""

    template = "{source}: cannot be used: {reason}"


class TrimOutOfRange(UserError):
    """Needs `source`, `start_ms`, `end_ms`, `duration_ms`."""

    template = "{source}: trimmed to {start_ms}-{end_ms} ms, but it is only {duration_ms} ms long"


class DownloadFailed(TransientError):
    """Needs `source`, `reason`: the network or the server failed in a way that may pass.

    May have `retry_after_s`: how long the server asks to be left alone.
    """

    template = "{source}: download failed: {reason}"


class ServiceRefused(UserError):
    """Needs `service`, `reason`: an outside service does not do what it was asked, and would not another time."""

    template = "{service}: {reason}"


class ServiceFailed(TransientError):
    """Needs `service`, `reason`: an outside service failed in a way that may pass.

    May have `retry_after_s`: how long it asks to be left alone.
    """

    template = "{service} failed: {reason}"


class NothingConfigured(UserError):
    """Needs `source`, `remedy`: the installation has no service for that kind of source; how to give it one."""

    template = "{source}: this installation is not set up for it: {remedy}"


class NothingFound(UserError):
    """Needs `source`, `asked`: nothing suits the words of a search; who was asked, in words."""

    template = "{source}: nothing found ({asked}); try other words"


class CallbackFailed(TransientError):
    """Needs `url` (without secrets), `reason`. May have `retry_after_s`, and `status`: the receiver's answer."""

    template = "callback to {url} failed: {reason}"


class CallbackRefused(UserError):
    """Needs `url` (without secrets), `reason`: it must not be sent there, or the receiver never wants it."""

    template = "callback to {url} refused: {reason}"


class ServiceSuspended(TransientError):
    """Needs `service`, `retry_after_s`, `failures`: not called, because its last calls failed."""

    template = "{service}: not called for {retry_after_s} s more, because it failed {failures} times in a row"


class RateLimitMissing(UserError):
    """Needs `service`: it has no rate limit, and the installation wants one for each."""

    template = (
        "{service}: not called without a rate limit: make one of that name by "
        "`prefect global-concurrency-limit create '{service}' --limit 10 --slot-decay-per-second 1`"
    )


class EffectUnknown(SpecMistake):
    """Needs `kind` (transition or look), `name`, `known`: the names there are, in words."""

    template = "no {kind} {name!r}; choose one of {known} (`neuroshorts effects` tells what they do)"


class EffectInvalid(UserError):
    """Needs `path`, `reason`: a file of effects cannot be loaded, or offers a name that is taken."""

    template = "{path}: cannot be used as effects: {reason}"


class ChoiceRefused(SpecMistake):
    """Needs `field`, `chosen`, `known`: what the operator of this installation does not let specs choose."""

    template = "{field}: this installation does not allow {chosen!r}; allowed: {known}"


class ShortTooLong(UserError):
    """Needs `total_ms`, `files`, `limit_ms`: all files of the render together last longer than is allowed."""

    template = "the short lasts {total_ms} ms in all its {files} file(s); this installation makes at most {limit_ms} ms"


class SceneError(UserError):
    """Needs `scene` (counted from 1) and `reason`: another user error, placed in its scene."""

    template = "scene {scene}: {reason}"


class CardError(SceneError):
    """Needs `scene`, `part` and `reason`: the same in a scene that is none of the spec's own, such as its "outro"."""

    template = "{part}: {reason}"


class RenderFailed(UserError):
    """Needs `reasons`: what went wrong, one line each. The flow's own failure; every finished step is kept.

    `failures` tells the same to programs.
    """

    template = "{lines}"

    def __init__(self, *, reasons: tuple[str, ...], failures: tuple[StepFailure, ...] = ()) -> None:
        self.reasons, self.failures = reasons, failures
        super().__init__(lines="\n".join(reasons))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), {"reasons": self.reasons, "failures": self.failures})


# --- speech and text ---------------------------------------------------------------------------------------------


class VoiceUnavailable(UserError):
    """Needs `voice`, `reason`. May have `status`: the service's answer."""

    template = "voice {voice!r}: {reason}"


class SpeechFailed(TransientError):
    """Needs `voice`, `reason`. May have `retry_after_s`, and `status`: the service's answer."""

    template = "voice {voice!r} failed: {reason}"


class RecogniserMissing(UserError):
    """Needs `model`, `reason`: the model that should find words in speech cannot be used."""

    template = "speech recognition model {model!r}: {reason}"


class GlyphsMissing(UserError):
    """Needs `scripts`, `characters`: the text has characters of writing systems that no font here draws."""

    template = (
        "no font here has {scripts} ({characters}); put one that has, such as one of the Noto family (.ttf or .otf), "
        "into the folder fonts/ or the one that NEUROSHORTS_FONTS names"
    )


class ShaperMissing(UserError):
    """Needs `scripts`: the text is of writing systems that cannot be set on this machine."""

    template = "{scripts} text needs the system's FriBidi, which is not here; install it (Debian: libfribidi0)"


class FrameOutOfRange(UserError):
    """Needs `time_ms`, `duration_ms`."""

    template = "there is no frame at {time_ms} ms: the short is {duration_ms} ms long"


class FontUnknown(SpecMistake):
    """Needs `field`, `font`, `known`: the families there are, in words."""

    template = "{field}: no font {font!r}; choose one of {known}"


class FontUnreadable(UserError):
    """Needs `font`, `reason`: a file in a folder of fonts that is damaged, or no font."""

    template = "the font file {font} cannot be used ({reason}); remove it, or replace it by an intact copy"


class PresetUnknown(SpecMistake):
    """Needs `preset`, `known`: the presets there are, in words."""

    template = "captions.preset: no preset {preset!r}; choose one of {known}, or add {preset}.toml to your own presets"


class MoodUnknown(SpecMistake):
    """Needs `mood`, `known`: the moods there are, in words."""

    template = "music.mood: no track is {mood!r}; choose one of {known}"


class LibraryInvalid(UserError):
    """Needs `path`, `reason`: a list of music tracks that cannot be read, or does not fit its folder."""

    template = "{path}: {reason}"


class PlatformUnknown(SpecMistake):
    """Needs `name`, `known`: the platforms whose limits are known, in words."""

    template = "export.platform: nothing is known of {name!r}; choose one of {known}"


class LimitPassed(UserError):
    """Needs `platform`, `reason`: the short is not what the platform takes."""

    template = "export.platform: {platform} does not take this short: {reason}"


class LoudnessUnknown(SpecMistake):
    """Needs `name`, `known`: the platforms whose loudness is known, in words."""

    template = "sound.loudness: nothing is known of {name!r}; choose one of {known}"


class OverlayTooLong(UserError):
    """Needs `field`, `text`: an overlay's text does not fit its place on this canvas at any readable size."""

    template = "{field}: {text!r} does not fit the room that safe area and captions leave; shorten it"


class BrandUnknown(SpecMistake):
    """Needs `brand`, `known`: the kits there are, in words."""

    template = "brand: no kit {brand!r}; choose one of {known}"


class BrandInvalid(UserError):
    """Needs `brand`, `reason`: a brand kit that breaks its schema."""

    template = "brand {brand!r}: {reason}"


class PresetInvalid(UserError):
    """Needs `path`, `reason`: a preset or safe-area file that is missing or breaks its schema."""

    template = "{path}: {reason}"


# --- the machine -------------------------------------------------------------------------------------------------


class FfmpegFailed(TransientError):
    """Needs `command`, `exit_code` (negative: killed by that signal), `log` (ffmpeg's last lines)."""

    template = "ffmpeg ended with {exit_code}: {log}"


class FfmpegTimeout(TransientError):
    """Needs `command`, `timeout_s`."""

    template = "ffmpeg was ended after {timeout_s} s without finishing"


class DiskFull(TransientError):
    """Needs `path`, `reason`."""

    template = "no space left for {path}: {reason}"


class StoreCorrupt(TransientError):
    """Needs `uri`, `reason`: a blob is gone or is not what its name says; running again makes it anew."""

    template = "{uri}: {reason}"


class StoreUnreachable(TransientError):
    """Needs `uri`, `reason`: a remote store or destination did not answer, or not as it should."""

    template = "{uri} cannot be reached: {reason}"


class StoreRefused(UserError):
    """Needs `uri`, `reason`: a store or destination that lets nobody in with these keys, or that is not allowed."""

    template = "{uri}: refused: {reason}"


class StoreUnknown(UserError):
    """Needs `name`: no object store is saved under it."""

    template = "store://{name}: no Prefect block of the type neuroshorts-object-store has this name"


class DriverMissing(UserError):
    """Needs `what` (the storage, in words), `extra`: what of this package brings the driver."""

    template = "{what} needs a driver that is not installed: pip install 'neuroshorts[{extra}]'"


class UploadDamaged(TransientError):
    """Needs `uri`, `reason`: what was read back from a destination is not what was sent; it was removed."""

    template = "{uri}: {reason}"


class DestinationInvalid(UserError):
    """Needs `destination`, `reason`: nothing could be published to an address like this."""

    template = "destination {destination}: {reason}"


class DestinationTaken(UserError):
    """Needs `folder`, `owner` (what is there, in words), `remedy`: the value of `overwrite` that would replace it."""

    template = (
        "{folder} has {owner}, which is not overwritten: choose another name or destination (one with {{run}} in it is "
        "always new), or set overwrite to {remedy}"
    )


class DestinationLost(UserError):
    """Needs `folder`, `owner` (in words): another render was allowed to take the folder while this one published."""

    template = (
        "{folder} was taken by {owner} while this render published there: render again after that, or choose "
        "another name or destination (one with {{run}} in it is always new)"
    )


class LinkBroken(UserError):
    """Needs `link` (without its signature), `reason`: a share link that does not download the file it was made for."""

    template = (
        "the share link {link} does not download the published file: {reason}; see to the endpoint, keys or public "
        "address that it is made of (NEUROSHORTS_PROVE_LINKS=false, or the object store's own switch, trusts it)"
    )


class BlobsDamaged(NeuroShortsError):
    """Needs `store`, `keys`: blobs whose content is not what their names say."""

    template = "{store} has damaged blobs, which were not copied (renders make them again): {keys}"


class ServerFailed(NeuroShortsError):
    """Needs `reason`, `log`: the local Prefect server could not be started; `log` is the path of its log."""

    template = "the local Prefect server did not start: {reason} (log: {log})"


class DeployFailed(NeuroShortsError):
    """Needs `log`: what `prefect deploy` said."""

    template = "the deployments could not be applied:\n{log}"


class ApiUnreachable(NeuroShortsError):
    """Needs `url`, `reason`: the Prefect API that was chosen does not answer."""

    template = "the Prefect API at {url} does not answer: {reason}; `neuroshorts doctor` says how to mend it"


class OutputInvalid(NeuroShortsError):
    """Needs `path`, `reason`: a finished file breaks a promise (frame count, loudness, joins). A bug, not a mistake."""

    template = "{path}: {reason}"
