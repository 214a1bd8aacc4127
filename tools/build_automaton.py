"""Compile `tables/entities.tsv` into `tables/entities.npy`, the automaton that reads entities at run time.

    pip install -e '.[tables]' && python tools/build_automaton.py

All patterns of the table become one deterministic automaton (`interegular` makes one of
each, their product follows all at once), and states that no further character tells apart
become one (Moore, "Gedanken-experiments on sequential machines", 1956). Row `s` of the
array holds for each ASCII character the state it leads to from state `s`, and in its last
column the number of the first row of the table whose pattern matches what led there, or
-1. State 0 is the start; nothing leaves state 1, where no pattern can match any more.
"""

from pathlib import Path

import interegular
import numpy as np
from numpy.typing import NDArray

TABLES = Path(__file__).parents[1] / "src" / "noticeguard" / "tables"
CHARACTERS = [chr(code) for code in range(128)]


def patterns() -> list[str]:
    text = (TABLES / "entities.tsv").read_text(encoding="utf-8")
    return [row.split("\t")[1] for row in text.split("\n") if row and not row.startswith("#")]


def product(machines: list[interegular.FSM]) -> NDArray[np.int16]:
    """Follow all machines at once; a machine that nothing can match any more stands at `None`."""
    start, dead = tuple(machine.initial for machine in machines), (None,) * len(machines)
    numbers, rows = {start: 0, dead: 1}, []
    pending = [start, dead]
    for states in pending:
        row = []
        for character in CHARACTERS:
            after = tuple(
                machine.map.get(state, {}).get(machine.alphabet[character]) if state is not None else None
                for machine, state in zip(machines, states, strict=True)
            )
            if after not in numbers:
                numbers[after] = len(pending)
                pending.append(after)
            row.append(numbers[after])
        matching = (n for n, machine in enumerate(machines) if states[n] in machine.finals)
        rows.append([*row, next(matching, -1)])
    return np.array(rows, np.int16)


def minimal(automaton: NDArray[np.int16]) -> NDArray[np.int16]:
    """Join the states that differ neither in what they accept nor in where they lead, until all do."""
    groups = np.unique(automaton[:, -1], return_inverse=True)[1]
    while True:
        rows = np.column_stack([groups, groups[automaton[:, :-1]]])
        finer = np.unique(rows, axis=0, return_inverse=True)[1].ravel()
        if finer.max() == groups.max():
            break
        groups = finer
    # Numbered by their first member, so that the start stays 0 and the dead end 1.
    _, firsts = np.unique(groups, return_index=True)
    order = np.argsort(firsts)
    number = np.empty_like(order)
    number[order] = np.arange(order.size)
    merged = automaton[np.sort(firsts)]
    merged[:, :-1] = number[groups[merged[:, :-1]]]
    return merged


if __name__ == "__main__":
    automaton = minimal(product([interegular.parse_pattern(pattern).to_fsm() for pattern in patterns()]))
    np.save(TABLES / "entities.npy", automaton)
    print(f"{len(automaton)} states")
