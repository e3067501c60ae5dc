"""Which equations a tableau must satisfy to have an order: one for every rooted tree with that many nodes.

Source: Hairer, Nørsett, Wanner, Solving Ordinary Differential Equations I, 2nd ed., II.2 (theorem 2.13).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from math import fsum, prod

Tree = tuple["Tree", ...]
"""A rooted tree is the tuple of the trees that hang from its root; a lone root is ()."""

Rows = Sequence[Sequence[float]]


@cache
def rooted_trees(order: int) -> tuple[Tree, ...]:
    """All rooted trees with `order` nodes: 1, 1, 2, 4, 9, 20, 48, 115 of them for orders 1 to 8."""
    return tuple(_forests(order - 1, order - 1))


def _forests(nodes: int, largest: int) -> Iterator[Tree]:
    """Every multiset of trees with `nodes` nodes in all, none with more than `largest`, once each."""
    if nodes == 0:
        yield ()
    for size in range(min(nodes, largest), 0, -1):
        yield from _forests_led_by(size, 0, nodes)


def _forests_led_by(size: int, start: int, nodes: int) -> Iterator[Tree]:
    """Forests of `nodes` nodes whose first tree is the largest, of `size` nodes, not before `start` in its list."""
    trees = rooted_trees(size)
    rest = nodes - size
    for place in range(start, len(trees)):
        if rest >= size:
            yield from ((trees[place], *others) for others in _forests_led_by(size, place, rest))
        yield from ((trees[place], *others) for others in _forests(rest, min(rest, size - 1)))


@cache
def node_count(tree: Tree) -> int:
    """How many nodes the tree has."""
    return 1 + sum(map(node_count, tree))


@cache
def density(tree: Tree) -> int:
    """γ of the tree: the exact solution's elementary weight is 1/γ."""
    return node_count(tree) * prod(map(density, tree))


def residuals(a: Rows, weights: Sequence[float], order: int, theta: float = 1.0) -> list[float]:
    """By how much Σ weights_i Φ_i(tree) misses θ^n / γ(tree), for every tree of at most `order` nodes.

    All are zero for the weights b of a method of that order (θ = 1), and for b(θ) of an interpolant of that order.
    Each residual is relative to the sum of its terms' sizes where that exceeds 1, since so much is lost in rounding.
    """
    known: dict[Tree, list[float]] = {}
    found = []
    for nodes in range(1, order + 1):
        for tree in rooted_trees(nodes):
            terms = [w * phi for w, phi in zip(weights, _stage_weights(a, tree, known), strict=False)]
            missed = fsum(terms) - theta**nodes / density(tree)
            found.append(missed / max(1.0, fsum(map(abs, terms))))
    return found


def null_residuals(a: Rows, weights: Sequence[float], order: int) -> list[float]:
    """By how much Σ weights_i Φ_i(tree) misses zero, for every tree of at most `order` nodes.

    All are zero for the weights of an error estimate whose two solutions both have that order.
    """
    known: dict[Tree, list[float]] = {}
    found = []
    for nodes in range(1, order + 1):
        for tree in rooted_trees(nodes):
            terms = [w * phi for w, phi in zip(weights, _stage_weights(a, tree, known), strict=False)]
            found.append(fsum(terms) / max(1.0, fsum(map(abs, terms))))
    return found


def elementary_weights(a: Rows, order: int) -> dict[Tree, list[float]]:
    """Φ_i(tree) of every stage i, for every tree of exactly `order` nodes."""
    known: dict[Tree, list[float]] = {}
    return {tree: _stage_weights(a, tree, known) for tree in rooted_trees(order)}


def _stage_weights(a: Rows, tree: Tree, known: dict[Tree, list[float]]) -> list[float]:
    """Φ_i(tree) of every stage i: the product over the branches of Σ_j a_ij Φ_j(branch)."""
    if tree not in known:
        branches = [_stage_weights(a, branch, known) for branch in tree]
        known[tree] = [prod(fsum(x * y for x, y in zip(row, branch, strict=False)) for branch in branches) for row in a]
    return known[tree]
