"""Let a model make the picture that a scene describes."""

from blocks import image_api
from blocks.image_api import ImageApi
from blocks.keys import key_help, read_key
from blocks.settings import get_settings
from blocks.store import open_store
from blocks.web import WebFile
from engines.errors import NothingConfigured
from engines.visuals.probe import probe, require_visual
from models.credits import Credit
from models.media import Source
from tasks.fetch import fetch_file
from tasks.retries import step
from tasks.services import calling


@step(version=1, run_name="generate_image: {used_by}", exclude=("used_by",))
def generate_image(prompt: str, model: str, size: str, service: str, used_by: str) -> Source:
    """Return the picture that the configured endpoint's `model` makes of a prompt; each is made, and paid for, once.

    Raises NothingConfigured, ServiceRefused (also for a prompt that it does not want), ServiceFailed,
    ServiceSuspended, SourceUnreadable and what fetching raises.
    """
    settings, store = get_settings(), open_store()
    help_text = key_help(image_api.KEY_SETTING, block=image_api.KEY_BLOCK)
    key = read_key(settings.image_api_key, block=image_api.KEY_BLOCK)
    uri = f"image:{prompt}"
    if key is None and image_api.needs_key(settings):
        remedy = f"{help_text}; or let NEUROSHORTS_IMAGE_API_URL name an endpoint that wants none"
        raise NothingConfigured(source=uri, remedy=remedy)
    with calling(service):
        made = ImageApi.open(key, settings, key_help=help_text).make(prompt, model=model, size=size)
    if isinstance(made, WebFile):
        source = fetch_file(made, store, settings)
    else:
        with store.scratch() as folder:
            path = folder / "picture"
            path.write_bytes(made)
            info = probe(path, source=uri, limits=settings.media_limits)
            source = Source(uri=uri, info=info, blob=store.put(path, "application/octet-stream", move=True))
    require_visual(source.info, uri)
    credit = Credit(provider=model, page_url=settings.image_api_url, licence="generated")
    return source.model_copy(update={"uri": uri, "credit": credit})
