"""A Piper voice that a test builds: an ONNX graph with Piper's inputs, in which every phoneme is a short tone."""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

RATE_HZ, HOP, HOPS = 22_050, 256, 5  # each id lasts so many hops at a length scale of 1
_SILENT = "_^$ .,!?;:"
SIGNS = _SILENT + "abdefhijklmnoprstuvwzæðŋɐɑɔəɚɛɜɡɪɹʃʊʌʒʔˈˌːθᵻ"
ID_MS = HOPS * HOP * 1000 / RATE_HZ


def build_piper_voice(folder: Path, *, speakers: int = 1, tells_durations: bool = False, name: str = "tiny") -> Path:
    """Write `name`.onnx and its configuration; return the model's path."""
    path = folder / f"{name}.onnx"
    onnx.save(_model(speakers, tells_durations), path)
    config = {
        "audio": {"sample_rate": RATE_HZ},
        "espeak": {"voice": "en-us"},
        "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8},
        "phoneme_type": "espeak",
        "phoneme_id_map": {sign: [number] for number, sign in enumerate(SIGNS)},
        "num_symbols": len(SIGNS),
        "num_speakers": speakers,
        "speaker_id_map": {"low": 0, "high": 1} if speakers > 1 else {},
        "hop_length": HOP,
    }
    path.with_name(f"{name}.onnx.json").write_text(json.dumps(config))
    return path


def _model(speakers: int, tells_durations: bool) -> onnx.ModelProto:
    loudness = np.array([0.0 if sign in _SILENT else 0.6 for sign in SIGNS], dtype=np.float32)
    constants = {
        "loudness": loudness,
        "zero": np.array(0, dtype=np.int64),
        "one": np.array(1, dtype=np.int64),
        "hop": np.array(HOP, dtype=np.int64),
        "hops": np.array(HOPS, dtype=np.float32),
        "axis": np.array([1], dtype=np.int64),
        "flat": np.array([-1], dtype=np.int64),
        "shape": np.array([1, 1, 1, -1], dtype=np.int64),
        "pair": np.array([1, -1], dtype=np.int64),
        "row": np.array([1], dtype=np.int64),
        "turn": np.array(2 * np.pi * 220 / RATE_HZ, dtype=np.float32),
        "nothing": np.array(0.0, dtype=np.float32),
        "second": np.array(1, dtype=np.int64),
    }
    nodes = [
        helper.make_node("Reshape", ["input", "flat"], ["ids"]),
        helper.make_node("Gather", ["loudness", "ids"], ["levels"]),
        helper.make_node("Gather", ["scales", "second"], ["length_scale"]),
        helper.make_node("Mul", ["hops", "length_scale"], ["wanted_hops"]),
        helper.make_node("Round", ["wanted_hops"], ["whole_hops"]),
        helper.make_node("Cast", ["whole_hops"], ["count_hops"], to=TensorProto.INT64),
        helper.make_node("Mul", ["count_hops", "hop"], ["length"]),
        helper.make_node("Reshape", ["length", "flat"], ["lengths"]),
        helper.make_node("Concat", ["row", "lengths"], ["tiles"], axis=0),
        helper.make_node("Unsqueeze", ["levels", "axis"], ["column"]),
        helper.make_node("Tile", ["column", "tiles"], ["grid"]),
        helper.make_node("Reshape", ["grid", "flat"], ["envelope"]),
        helper.make_node("Size", ["envelope"], ["size"]),
        helper.make_node("Range", ["zero", "size", "one"], ["times"]),
        helper.make_node("Cast", ["times"], ["clock"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["clock", "turn"], ["base_phase"]),
        *_pitch(speakers),
        helper.make_node("Sin", ["phase"], ["wave"]),
        helper.make_node("Mul", ["wave", "envelope"], ["tone"]),
        helper.make_node("Reshape", ["tone", "shape"], ["output"]),
    ]
    outputs = [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, 1, None])]
    if tells_durations:
        nodes += [
            helper.make_node("Mul", ["levels", "nothing"], ["no_hops"]),
            helper.make_node("Add", ["no_hops", "whole_hops"], ["each"]),
            helper.make_node("Reshape", ["each", "pair"], ["durations"]),
        ]
        outputs.append(helper.make_tensor_value_info("durations", TensorProto.FLOAT, [1, None]))
    inputs = [
        helper.make_tensor_value_info("input", TensorProto.INT64, [1, None]),
        helper.make_tensor_value_info("input_lengths", TensorProto.INT64, [1]),
        helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
        *([helper.make_tensor_value_info("sid", TensorProto.INT64, [1])] if speakers > 1 else []),
    ]
    weights = [numpy_helper.from_array(value, key) for key, value in constants.items()]
    graph = helper.make_graph(nodes, "voice", inputs, outputs, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def _pitch(speakers: int) -> list[onnx.NodeProto]:
    """The second speaker is an octave higher."""
    if speakers == 1:
        return [helper.make_node("Identity", ["base_phase"], ["phase"])]
    return [
        helper.make_node("Cast", ["sid"], ["number"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["base_phase", "number"], ["more"]),
        helper.make_node("Add", ["base_phase", "more"], ["phase"]),
    ]
