"""Ways to spoil bytes, as accidents and attackers do. Everything comes from the random source that is handed in."""

from collections.abc import Callable, Sequence
from random import Random

_TELLING = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_MOST_BYTES = 400_000


def mutated(content: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """Return the content with a few mutations, most often one or two."""
    for _ in range(min(random.randint(1, 6), random.randint(1, 6))):
        content = random.choice(_WAYS)(content or b"\0", others, random)[:_MOST_BYTES]
    return content


def _flipped_bits(content: bytes, others: Sequence[bytes], random: Random) -> bytes:
    spoiled = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 8, 64))):
        spoiled[random.randrange(len(spoiled))] ^= 1 << random.randrange(8)
    return bytes(spoiled)


def _telling_number(content: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """Put a number that programs trip over where one may stand, near the file's beginning more often."""
    at = random.randrange(len(content)) if random.random() < 0.4 else random.randrange(min(len(content), 600))
    width = random.choice((1, 2, 4, 8))
    number = random.choice(_TELLING) & ((1 << 8 * width) - 1)
    return content[:at] + number.to_bytes(width, random.choice(("big", "little"))) + content[at + width :]


def _cut_off(content: bytes, others: Sequence[bytes], random: Random) -> bytes:
    return content[: random.randrange(len(content))]


def _without_part(content: bytes, others: Sequence[bytes], random: Random) -> bytes:
    first, last = sorted(random.randrange(len(content)) for _ in range(2))
    return content[:first] + content[last:]


def _repeated_part(content: bytes, others: Sequence[bytes], random: Random) -> bytes:
    first = random.randrange(len(content))
    part = content[first : first + random.choice((1, 8, 100, 3000))]
    return content[:first] + part * random.choice((2, 3, 50)) + content[first:]


def _blank_part(content: bytes, others: Sequence[bytes], random: Random) -> bytes:
    first = random.randrange(len(content))
    length = random.randrange(1, 2000)
    return (
        content[:first]
        + bytes([random.choice((0, 255))]) * len(content[first : first + length])
        + content[first + length :]
    )


def _spliced(content: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """Go on as another file does: the beginning of one kind, the rest of another."""
    other = random.choice(others)
    return content[: random.randrange(len(content))] + other[random.randrange(len(other)) :]


def _with_a_stranger(content: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """Put a whole other file inside."""
    at = random.randrange(len(content))
    return content[:at] + random.choice(others) + content[at:]


_WAYS: tuple[Callable[[bytes, Sequence[bytes], Random], bytes], ...] = (
    _flipped_bits,
    _flipped_bits,
    _telling_number,
    _telling_number,
    _telling_number,
    _cut_off,
    _without_part,
    _repeated_part,
    _blank_part,
    _spliced,
    _with_a_stranger,
)
