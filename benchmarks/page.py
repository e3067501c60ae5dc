"""How a report reads: the table of a case, and the whole page in Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.bars import ANY, OWN, verdicts
from benchmarks.report import Report, Result
from benchmarks.workloads import WORKLOADS

HEADS = ("", "ms", "±", "× own field", "× any module", "NFE", "over bare f", "error", "first, s")


def table(report: Report, case: str) -> str:
    """One case in Markdown that also reads well unrendered."""
    found = [result for result in report.results if result.case == case]
    rows = [HEADS, *(_row(report, result) for result in found)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADS))]
    lines = [_line(row, widths) for row in rows]
    rule = "|".join([":" + "-" * (widths[0] + 1), *("-" * (width + 1) + ":" for width in widths[1:])])
    return "\n".join([lines[0], f"|{rule}|", *lines[1:]])


def page(report: Report) -> str:
    """All that was measured, with how and where; what was lost stands in it, too."""
    parts = [_head(report)]
    for workload in WORKLOADS:
        cases = [case for case in report.cases if case.split(" ")[0].rstrip("b") == workload.name]
        if cases:
            parts.append(f"## {workload.name}\n\n{workload.sentence}")
            parts += [f"**{case}**\n\n{table(report, case)}" for case in cases]
    parts += [_bars(report), _lost(report), _absent(report)]
    return "\n\n".join(part for part in parts if part) + "\n"


def lost(report: Report) -> Iterator[str]:
    """Where a peer was quicker than one of our two."""
    for case in report.cases:
        found = [result for result in report.results if result.case == case]
        for mine in (result for result in found if result.contestant in (OWN, ANY)):
            quicker = [f"{r.contestant} {r.median:.3g}" for r in found if r.median < mine.median]
            peers = [each for each in quicker if not each.startswith("nodeviz")]
            if peers:
                yield f"{case}: {mine.contestant}, {mine.median:.3g} ms; ahead of it: {', '.join(peers)}"


def _row(report: Report, result: Result) -> tuple[str, ...]:
    overhead = result.overhead
    return (
        result.contestant,
        f"{result.median:.3g}" if result.median < 1000 else f"{result.median:.0f}",
        f"{100 * result.spread:.0f} %",
        *(_ratio(report, result, ours) for ours in (OWN, ANY)),
        f"{result.alone} + {result.with_pullback}",
        f"{overhead:.2f}" if overhead is not None else "–",
        f"{result.error:.1e}",
        f"{result.first / 1e3:.2f}",
    )


def _ratio(report: Report, result: Result, ours: str) -> str:
    other = report.of(result.case, ours)
    return f"{result.median / other.median:.2f}" if other else "–"


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    first, *rest = (
        f"{cell:<{w}}" if i == 0 else f"{cell:>{w}}" for i, (cell, w) in enumerate(zip(cells, widths, strict=True))
    )
    return f"| {' | '.join([first, *rest])} |"


_REPLAYED = """

Clocks are read when the device has done all that it was given. nodeviz's attempts, and the steps of its gradients, are
replayed as CUDA graphs from the second solve on, those of any module, too: `solver.resident.allow(graphs="all")`.
Stages of small perceptrons of our own are one kernel each, where Triton is, which may be quicker than f by itself."""


def _head(report: Report) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in report.versions.items())
    replayed = "" if report.device in ("cpu", "mps") else _REPLAYED
    untrained = "" if report.trained else "\n\n**Initial weights: these figures only show that the driver runs.**"
    return f"""# Speed beside the peers

Written by `python -m benchmarks` on {report.date}: {report.machine}; device {report.device}; load {report.load:.2f} at
the beginning; {versions}. One torch thread, float32, trained weights, medians of {report.rounds} rounds in which all
contestants take turns.{replayed}{untrained}

- **ms** is a step: the solve; where there is a loss, its gradient; where there is an optimiser, its step. **±** is half
  the distance between the quartiles of the rounds.
- **any module** is the plain `nn.Module` that the peers are given. Where nodeviz recognises it as a network of its
  kernel's, it is solved there, weights and gradients included; **unrecognised** is the same module solved in torch, as
  any other is: `solver.native.explain(field, y0)` tells which it is. Without the one, any module is unrecognised.
- **×** is a time divided by ours, with a field of our own and with any `nn.Module`: above 1, we are ahead.
- **NFE** counts evaluations of the field alone, and together with a vector-Jacobian product. diffrax's follow from its
  count of steps.
- **over bare f** is the time divided by what these evaluations take by themselves. Below 1, several were made at once.
- **error** is the gradient's relative error, of states where there is no gradient, against a solve in float64 by dop853
  at 1e-11.
- **first** is the first step of all, with whatever is compiled for it."""


def _bars(report: Report) -> str:
    rows = [f"| {v.what} | {v.wanted} | {v.came} | {'yes' if v.met else '**no**'} |" for v in verdicts(report)]
    if not rows:
        return ""
    return "\n".join(["## What was set out for", "", "| | wanted | came | met |", "|:--|--:|--:|--:|", *rows])


def _lost(report: Report) -> str:
    found = [f"- {line}" for line in lost(report)]
    return "\n".join(["## Lost", "", *(found or ["Nobody was ahead of us in any case."])])


def _absent(report: Report) -> str:
    if not report.skipped:
        return ""
    lines = [f"- {f'{s.case}: ' if s.case else ''}{s.contestant}: {s.reason}" for s in report.skipped]
    return "\n".join(["## Not measured", "", *lines])
