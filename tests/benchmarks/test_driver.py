"""`python -m benchmarks`: every case can be run, everyone answers the same, and the page says what was measured."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
import torch

from benchmarks.__main__ import main
from benchmarks.bars import verdicts
from benchmarks.case import Case
from benchmarks.contestants import CONTESTANTS
from benchmarks.page import lost, page
from benchmarks.report import Report, Result, Skipped
from benchmarks.workloads import WORKLOADS

QUICK = ["--untrained", "--rounds", "1", "--shortest", "0"]
ALL = [case for workload in WORKLOADS for case in workload.cases(False)]
CASES = [case for case in ALL if not case.for_gpus]
IN_TORCH = [each for each in CONTESTANTS if each.name.startswith(("nodeviz", "torchdiffeq"))]


def result(case: str, contestant: str, median: float, error: float = 1e-4) -> Result:
    return Result(case, contestant, (median,), median, 2 * median, 20, 18, median / 2, error)


def report(*results: Result, skipped: tuple[Skipped, ...] = ()) -> Report:
    return Report("2030-01-01", "a machine", "cpu", 0.1, {"torch": "2"}, 1, True, results, skipped)


def test_every_workload_has_its_cases_with_names_of_their_own() -> None:
    names = [case.name for case in ALL]
    assert len(set(names)) == len(names)
    assert [workload.name for workload in WORKLOADS] == ["W1", "W2", "W3", "W4", "W5", "W6"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_field_of_our_own_is_the_same_function_as_the_module(case: Case) -> None:
    if case.own is None:
        pytest.skip("there is none")
    with torch.no_grad():
        torch.testing.assert_close(case.own(0.0, case.y0), case.field(torch.zeros(()), case.y0))


LEARNT = [case for case in CASES if case.name in ("W1b", "W3", "W5 gradient")]


@pytest.mark.slow
@pytest.mark.parametrize("case", LEARNT, ids=lambda case: case.name)
def test_everyone_gives_the_same_gradient(case: Case) -> None:
    answers = [each.enter(case).answer() for each in IN_TORCH if not each.missing() and not each.declines(case)]
    assert len(answers) >= 2
    for answer in answers[1:]:
        assert answer == pytest.approx(answers[0], rel=0.02, abs=0.02 * abs(answers[0]).max())


def test_a_run_prints_its_tables_and_writes_the_page_and_the_json(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main([*QUICK, "W1", "--only", "nodeviz", "--out", str(tmp_path)]) == 0
    assert "| nodeviz, own field " in capsys.readouterr().out
    written = msgspec.json.decode((tmp_path / "performance.json").read_bytes(), type=Report)
    assert {each.case for each in written.results} == {"W1", "W1b"}
    assert all(each.error < 1e-3 and each.median > 0 for each in written.results)
    text = (tmp_path / "performance.md").read_text(encoding="utf-8")
    assert "**W1b**" in text
    assert "only show that the driver runs" in text


@pytest.mark.slow
def test_all_workloads_run_beside_torchdiffeq(tmp_path: Path) -> None:
    for only in ("nodeviz", "torchdiffeq"):
        assert main([*QUICK, "--only", only, "--out", str(tmp_path / only)]) == 0
        found = json.loads((tmp_path / only / "performance.json").read_bytes())
        assert {each["case"] for each in found["results"]} == {case.name for case in CASES}
        assert not [each for each in found["skipped"] if "failed" in each["reason"]]


@pytest.mark.cuda
def test_it_runs_on_a_gpu(tmp_path: Path) -> None:
    assert main([*QUICK, "--device", "cuda", "--only", "nodeviz", "--out", str(tmp_path)]) == 0
    found = json.loads((tmp_path / "performance-cuda.json").read_bytes())
    assert {each["case"] for each in found["results"]} == {case.name for case in ALL}
    assert "What was set out for" in (tmp_path / "performance-cuda.md").read_text(encoding="utf-8")


def test_a_machine_without_a_gpu_is_told_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(SystemExit):
        main(["--device", "cuda"])
    assert "torch finds no CUDA device on this machine" in capsys.readouterr().err


def test_a_gpu_has_bars_of_its_own() -> None:
    million = result("W4 1e6", "nodeviz, own field", 30.0)
    found = report(
        result("W3", "nodeviz, own field", 2.0),
        result("W3", "torchdiffeq adjoint", 8.0),
        million,
        result("W4 1e6", "torchdiffeq direct", 330.0),
    )
    on_gpu = msgspec.structs.replace(found, device="NVIDIA H100")
    judged = {verdict.what: (verdict.wanted, verdict.came, verdict.met) for verdict in verdicts(on_gpu)}
    assert judged == {
        "W3: nodeviz, own field against torchdiffeq adjoint": ("≥ 5 ×", "4.00 ×", False),
        "W4 1e6: nodeviz, own field against torchdiffeq direct": ("≥ 10 ×", "11.00 ×", True),
        "W4 1e6: share of the time inside f": ("≥ 70%", "50%", False),
    }
    assert "solver.resident.allow" in page(on_gpu)
    assert "solver.resident.allow" not in page(found)


def test_an_unknown_workload_is_refused_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["W9"])
    assert "there are W1, W2" in capsys.readouterr().err


def test_what_is_missing_is_told() -> None:
    absent = report(skipped=(Skipped("", "diffrax, jitted", "jax is not installed"),))
    assert "- diffrax, jitted: jax is not installed" in page(absent)


def test_a_peer_that_is_quicker_is_told_as_lost() -> None:
    found = report(result("W1", "nodeviz, own field", 2.0), result("W1", "diffrax, jitted", 1.0))
    assert list(lost(found)) == ["W1: nodeviz, own field, 2 ms; ahead of it: diffrax, jitted 1"]
    assert "- W1: nodeviz, own field, 2 ms; ahead of it" in page(found)
    assert not list(lost(report(result("W1", "nodeviz, own field", 2.0), result("W1", "torchdyn", 3.0))))


def test_bars_are_judged_on_what_was_measured() -> None:
    ahead = report(result("W1", "nodeviz, own field", 2.0), result("W1", "torchdiffeq adjoint", 50.0))
    (verdict,) = verdicts(ahead)
    assert verdict.met
    assert verdict.came == "25.00 ×"
    behind = report(result("W1", "nodeviz, own field", 2.0), result("W1", "torchdiffeq adjoint", 30.0))
    assert not next(verdicts(behind)).met
