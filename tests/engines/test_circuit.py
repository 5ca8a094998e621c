from hypothesis import given
from hypothesis import strategies as st

from engines.circuit import FIRST_COOLDOWN_S, LONGEST_COOLDOWN_S, LONGEST_PAUSE_S, MOST_FAILURES, Circuit, Phase

NEW = Circuit(service="storage bucket")


def failed(circuit: Circuit, times: int, now_s: float) -> Circuit:
    for _ in range(times):
        circuit = circuit.failed(now_s)
    return circuit


def test_a_circuit_opens_after_failures_in_a_row():
    circuit = failed(NEW, MOST_FAILURES - 1, 100)
    assert circuit.phase(100) is Phase.CLOSED
    assert circuit.succeeded(100) == NEW
    circuit = circuit.failed(100)
    assert circuit.phase(100 + FIRST_COOLDOWN_S - 1) is Phase.OPEN
    assert circuit.phase(100 + FIRST_COOLDOWN_S) is Phase.HALF_OPEN


def test_the_cooldown_doubles_with_every_failed_probe_up_to_its_most():
    circuit, now_s, cooldowns = failed(NEW, MOST_FAILURES, 0), 0.0, []
    for _ in range(9):
        cooldowns.append(circuit.open_until_s - now_s)
        now_s = circuit.open_until_s
        circuit = circuit.failed(now_s)
    assert cooldowns == [min(LONGEST_COOLDOWN_S, FIRST_COOLDOWN_S * 2**number) for number in range(9)]


def test_a_probe_that_succeeds_closes_the_circuit_and_forgets():
    circuit = failed(NEW, MOST_FAILURES, 0)
    assert circuit.succeeded(circuit.open_until_s) == NEW


def test_what_was_under_way_when_it_opened_changes_nothing():
    circuit = failed(NEW, MOST_FAILURES, 0)
    assert circuit.failed(1) == circuit
    assert circuit.succeeded(1) == circuit


@given(asked_s=st.floats(0, 1e6), now_s=st.floats(0, 1e9))
def test_a_pause_that_is_asked_for_is_kept_and_is_no_failure(asked_s: float, now_s: float):
    circuit = NEW.failed(now_s, retry_after_s=asked_s)
    assert not circuit.is_tripped
    assert circuit.failures == 0
    assert circuit.open_until_s == now_s + min(asked_s, LONGEST_PAUSE_S)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 2000)), max_size=60))
def test_a_circuit_that_is_not_open_lets_calls_through(history: list[tuple[bool, float]]):
    circuit, now_s = NEW, 0.0
    for works, passed_s in history:
        now_s += passed_s
        circuit = circuit.succeeded(now_s) if works else circuit.failed(now_s)
        assert circuit.open_until_s <= now_s + LONGEST_COOLDOWN_S
        assert circuit.is_tripped == (circuit.failures >= MOST_FAILURES)
        assert (circuit.phase(now_s) is Phase.CLOSED) == (not circuit.is_tripped)
