"""Pictures that text asks for, put into the store."""

from collections.abc import Iterable

from blocks.store import ArtifactStore
from models.captions import CaptionPicture
from models.overlays import PlacedImage


def placed_images(store: ArtifactStore, pictures: Iterable[CaptionPicture]) -> tuple[PlacedImage, ...]:
    """Store the files of pictures, and return where and when each is shown."""
    return tuple(
        PlacedImage(blob=store.put(picture.path, "image/png"), **picture.model_dump(exclude={"path"}))
        for picture in pictures
    )
