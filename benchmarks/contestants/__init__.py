"""Who takes part, in the order of the table: nodeviz in four ways, then the peers."""

from benchmarks.contestants.contestant import Contestant
from benchmarks.contestants.diffrax import Diffrax
from benchmarks.contestants.ours import AnyModule, OwnField
from benchmarks.contestants.torchdiffeq import Adjoint, Direct
from benchmarks.contestants.torchdyn import Torchdyn
from benchmarks.contestants.torchode import Torchode, TorchodeCompiled
from benchmarks.contestants.unrecognised import Unrecognised
from benchmarks.contestants.without_kernel import WithoutKernel

CONTESTANTS: tuple[Contestant, ...] = (
    OwnField(),
    WithoutKernel(),
    AnyModule(),
    Unrecognised(),
    Adjoint(),
    Direct(),
    Torchode(),
    TorchodeCompiled(),
    Torchdyn(),
    Diffrax(),
)

__all__ = ["CONTESTANTS"]
