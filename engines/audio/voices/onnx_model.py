"""Running an ONNX model that a stranger may have made: by its own bytes only, on the CPU."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engines.errors import VoiceUnavailable

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

MOST_BYTES = 512 << 20
_THREADS = 2
_EXTERNAL_DATA = b"\x0a\x08location\x12"  # how a model says that its weights are in another file


@lru_cache(maxsize=2)
def load_model(path: Path, changed_ns: int, *, name: str) -> "InferenceSession":
    """Load a model, once for each time of change. Raises VoiceUnavailable for what is none, or too large.

    It is given as bytes without a folder, so that it cannot name other files. `name` is what errors call it.
    """
    from onnxruntime import InferenceSession, SessionOptions

    if path.stat().st_size > MOST_BYTES:
        raise VoiceUnavailable(voice=name, reason=f"its model is larger than {MOST_BYTES} bytes")
    content = path.read_bytes()
    if _EXTERNAL_DATA in content:
        raise VoiceUnavailable(voice=name, reason="its model keeps its weights in other files")
    options = SessionOptions()
    options.intra_op_num_threads = _THREADS
    options.log_severity_level = 4
    try:
        return InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except _refusals() as error:
        raise VoiceUnavailable(voice=name, reason="its model is none that can be run") from error


def run_model(session: "InferenceSession", inputs: Mapping[str, np.ndarray[Any, Any]], *, name: str) -> Sequence[Any]:
    """Return the model's outputs. Raises VoiceUnavailable if it wants other inputs."""
    try:
        outputs: Sequence[Any] = session.run(None, dict(inputs))
    except _refusals() as error:
        raise VoiceUnavailable(voice=name, reason="its model does not take what Piper's models take") from error
    return outputs


def _refusals() -> tuple[type[Exception], ...]:
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    return (
        state.Fail,
        state.InvalidArgument,
        state.InvalidGraph,
        state.InvalidProtobuf,
        state.NotImplemented,
        state.RuntimeException,
        ValueError,
    )
