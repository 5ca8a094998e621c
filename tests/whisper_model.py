"""A Whisper model that a test builds: real layers with weights so chosen that it always hears the same words.

The decoder's position is a one-hot vector, which every layer passes through (their values are zero), and from which
the last projection picks the token that comes next. Each position looks at its own share of the sound, so that words
are found one after the other, evenly.
"""

import json
from pathlib import Path

import numpy as np

WIDTH, MELS, FRAMES, LONGEST = 64, 80, 1500, 64
_WORD_FRAMES = 20  # of 20 ms
_PROMPT = 3  # start, language, task: the first token comes out at the last of them


def build_whisper_model(folder: Path, words: list[str], *, seconds: float) -> Path:
    """Write a model that hears `words` in the first `seconds`; return its folder."""
    from ctranslate2.specs import WhisperSpec

    tokens = _tokens(words)
    first_time = tokens.index("<|0.00|>")
    said = [
        first_time,
        *(tokens.index(f"Ġ{word}") for word in words),
        first_time + round(seconds / 0.02),
        tokens.index("<|endoftext|>"),
    ]
    spec = WhisperSpec(1, 2, 1, 2)
    _fill(spec, tokens, said)
    spec.register_vocabulary(tokens)
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = []
    spec.config.lang_ids = [tokens.index("<|en|>"), tokens.index("<|de|>")]
    spec.config.alignment_heads = [(0, 0)]
    spec.validate()
    folder.mkdir()
    spec.save(str(folder))
    _save_tokenizer(folder, tokens)
    return folder


def _tokens(words: list[str]) -> list[str]:
    from faster_whisper.tokenizer import _LANGUAGE_CODES
    from tokenizers.pre_tokenizers import ByteLevel

    special = ["<|endoftext|>", "<|startoftranscript|>", *(f"<|{code}|>" for code in _LANGUAGE_CODES)]
    special += [
        "<|translate|>",
        "<|transcribe|>",
        "<|startoflm|>",
        "<|startofprev|>",
        "<|nospeech|>",
        "<|notimestamps|>",
    ]
    times = [f"<|{step * 0.02:.2f}|>" for step in range(1501)]
    return [*sorted(ByteLevel.alphabet()), *dict.fromkeys(f"Ġ{word}" for word in words), *special, *times]


def _fill(spec: object, tokens: list[str], said: list[int]) -> None:
    def zeros(*shape: int) -> np.ndarray:
        return np.zeros(shape, dtype=np.float32)

    def norm(part: object) -> None:
        part.gamma, part.beta = np.ones(WIDTH, dtype=np.float32), zeros(WIDTH)

    def linear(part: object, rows: int, columns: int) -> None:
        part.weight, part.bias = zeros(rows, columns), zeros(rows)

    def feed_forward(part: object) -> None:
        norm(part.layer_norm)
        linear(part.linear_0, 4 * WIDTH, WIDTH)
        linear(part.linear_1, WIDTH, 4 * WIDTH)

    encoder, decoder = spec.encoder, spec.decoder
    encoder.conv1.weight, encoder.conv1.bias = zeros(WIDTH, MELS, 3), zeros(WIDTH)
    encoder.conv2.weight, encoder.conv2.bias = zeros(WIDTH, WIDTH, 3), zeros(WIDTH)
    encoder.position_encodings.encodings = np.eye(WIDTH, dtype=np.float32)[np.arange(FRAMES) // _WORD_FRAMES % WIDTH]
    norm(encoder.layer_norm)
    for layer in encoder.layer:
        norm(layer.self_attention.layer_norm)
        linear(layer.self_attention.linear[0], 3 * WIDTH, WIDTH)
        linear(layer.self_attention.linear[1], WIDTH, WIDTH)
        feed_forward(layer.ffn)
    decoder.embeddings.weight = zeros(len(tokens), WIDTH)
    decoder.position_encodings.encodings = np.eye(LONGEST, WIDTH, dtype=np.float32)
    norm(decoder.layer_norm)
    for layer in decoder.layer:
        norm(layer.self_attention.layer_norm)
        linear(layer.self_attention.linear[0], 3 * WIDTH, WIDTH)
        linear(layer.self_attention.linear[1], WIDTH, WIDTH)
        norm(layer.attention.layer_norm)
        linear(layer.attention.linear[0], WIDTH, WIDTH)
        linear(layer.attention.linear[1], 2 * WIDTH, WIDTH)
        layer.attention.linear[0].weight[:] = np.eye(WIDTH)
        layer.attention.linear[1].weight[:WIDTH] = np.eye(WIDTH)
        linear(layer.attention.linear[2], WIDTH, WIDTH)
        feed_forward(layer.ffn)
    decoder.projection.weight, decoder.projection.bias = zeros(len(tokens), WIDTH), zeros(len(tokens))
    for step, token in enumerate(said):
        decoder.projection.weight[token, _PROMPT - 1 + step] = 30
    for step in range(_PROMPT - 1 + len(said), WIDTH):
        decoder.projection.weight[said[-1], step] = 30


def _save_tokenizer(folder: Path, tokens: list[str]) -> None:
    special = [
        {"id": number, "content": token, "special": True}
        | dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
        for number, token in enumerate(tokens)
        if token.startswith("<|")
    ]
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    model = {"type": "BPE", "vocab": {token: number for number, token in enumerate(tokens)}, "merges": []}
    content = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": special,
        "normalizer": None,
        "pre_tokenizer": level,
        "post_processor": None,
        "decoder": level,
        "model": model,
    }
    (folder / "tokenizer.json").write_text(json.dumps(content))
