"""The quorum of a policy: how many of its groups' places are filled by those who signed. Pure.

A place belongs to one member of a group; the member or their stand-in fills it. So a person signs
once, and is stood in for once. The number of places that can be filled is a maximum flow from
signers through the people they sign for to the groups (Ford and Fulkerson 1956).
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

type Node = tuple[str, object]
type Network = dict[Node, dict[Node, int]]

SOURCE: Node = ("source", "")
SINK: Node = ("sink", "")


def unfilled(
    needed: Sequence[int],
    members: Sequence[Iterable[str]],
    signed: Iterable[str],
    stands_for: Mapping[str, Iterable[str]],
) -> list[int]:
    """Return how many places of each group are not filled.

    ``needed`` and ``members`` are by group. People are named by what makes two accounts one person.
    ``stands_for`` maps a person to those they may sign for besides themselves.
    """
    network = _network(needed, members, signed, stands_for)
    while path := _path(network):
        for here, there in pairwise(path):
            network[here][there] -= 1
            network[there][here] = network[there].get(here, 0) + 1
    return [network[("group", n)].get(SINK, 0) for n in range(len(needed))]


def _network(
    needed: Sequence[int],
    members: Sequence[Iterable[str]],
    signed: Iterable[str],
    stands_for: Mapping[str, Iterable[str]],
) -> Network:
    """Return the capacities. A person is three nodes: they sign once, and are signed for once."""
    network: Network = defaultdict(dict)
    for n, count in enumerate(needed):
        network[("group", n)][SINK] = count
    belong: dict[str, list[int]] = defaultdict(list)
    for n, people in enumerate(members):
        for person in people:
            belong[person].append(n)
    for signer in dict.fromkeys(signed):
        network[SOURCE][("signer", signer)] = 1
        # In the order given, so that it is the same group's place that stays empty each time.
        for person in dict.fromkeys((signer, *stands_for.get(signer, ()))):
            if person not in belong:
                continue
            network[("signer", signer)][("member", person)] = 1
            network[("member", person)][("place", person)] = 1
            network[("place", person)].update({("group", n): 1 for n in belong[person]})
    return network


def _path(network: Network) -> list[Node]:
    """Return a shortest path from source to sink with free capacity; empty where there is none."""
    came: dict[Node, Node] = {SOURCE: SOURCE}
    waiting = deque([SOURCE])
    while waiting:
        here = waiting.popleft()
        for there, capacity in network[here].items():
            if capacity and there not in came:
                came[there] = here
                waiting.append(there)
        if SINK in came:
            return _back(came)
    return []


def _back(came: Mapping[Node, Node]) -> list[Node]:
    path = [SINK]
    while path[-1] != SOURCE:
        path.append(came[path[-1]])
    return path[::-1]
