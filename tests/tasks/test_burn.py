from hypothesis import given
from hypothesis import strategies as st

from tasks.burn import SHORTEST_CHUNKS_MS, longest_chunk_ms


@given(st.integers(1, 256))
def test_the_fewer_cores_the_longer_the_chunks(workers: int):
    chunk_ms = longest_chunk_ms(workers)
    assert longest_chunk_ms(workers + 1) <= chunk_ms
    assert chunk_ms == SHORTEST_CHUNKS_MS or chunk_ms * workers <= 4 * SHORTEST_CHUNKS_MS < chunk_ms * (workers + 1)
