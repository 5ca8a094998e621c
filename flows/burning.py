"""Burning the scenes: the first ones as soon as they can be, while the last ones are still composed."""

from collections.abc import Sequence

from prefect.futures import PrefectFuture

from blocks.settings import get_settings
from flows.material import Material
from flows.steps import Steps, results
from models.scene import Scene
from models.shots import EncodedScene, Shot
from tasks import cut_inputs, inputs
from tasks.burn import burn_subtitles
from tasks.cut_inputs import CutKey, SegmentKey
from tasks.cuts import Cuts
from tasks.retries import Inputs


def burn_scenes(
    steps: Steps, cuts: Cuts, scenes: Sequence[Scene], made: Material
) -> tuple[dict[SegmentKey, PrefectFuture[EncodedScene]], dict[CutKey, Shot]]:
    """Submit every scene's encode, and return these and the shots. Raises RenderFailed for a shot that is not made.

    As many scenes as are encoded at once do not wait for the others' shots. The rest do, the long ones first: a scene
    that cannot be composed is told of before all others are encoded, and no core is left alone with a long one.
    """

    def burns_of(shots: dict[CutKey, Shot]) -> dict[SegmentKey, Inputs]:
        return cut_inputs.for_burn(cuts, scenes, shots, made.narrations, made.drawn, made.timeline)

    soon = {key: shot for key, shot in made.composing.items() if key[1] < get_settings().scene_workers}
    steps.wait(soon)
    early = steps.fan_out(burn_subtitles, burns_of(results(soon)))
    steps.wait(made.composing)
    shots = results(made.composing)
    late = {key: given for key, given in burns_of(shots).items() if key not in early}
    return early | steps.fan_out(burn_subtitles, late, largest_first=inputs.encode_cost), shots
