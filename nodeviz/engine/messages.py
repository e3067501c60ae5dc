"""Command | Event: the only words that cross between processes, and their wire form (msgpack, no pickle).

Every message carries the run it belongs to and the revision of the experiment it was made for, so that an answer to
an old question is dropped, never drawn. Reset, open and new start another run; an edit makes another revision.
"""

from __future__ import annotations

from typing import Literal, TypeVar

import msgspec

from nodeviz.analysis.report import Report
from nodeviz.engine.packed import Array, Curve, PackedCloud, PackedSurface
from nodeviz.experiment import Experiment
from nodeviz.tasks.picture import Care, Figure

T = TypeVar("T")
Role = Literal["trainer", "inspector"]
Activity = Literal["paused", "training"]


class Message(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of all messages."""

    run: int = 0
    revision: int = 0


# ---- commands: window -> worker, imperative -------------------------------------------------------------------------


class Configure(Message, frozen=True):
    """Take this experiment. The trainer keeps θ and optimiser state where the change allows.

    Answered by Configured, or by Failed of the same revision, and then the experiment before it stays in force. A
    newer `run` starts at step 0, paused. One of an older run, or of a revision already in force, is dropped.
    """

    experiment: Experiment


class Train(Message, frozen=True):
    """Train until paused. Ignored when training already."""


class Pause(Message, frozen=True):
    """Stop after the current step."""


class Step(Message, frozen=True):
    """Take `count` training steps, then pause."""

    count: int = 1


class Reset(Message, frozen=True):
    """Back to step 0, the initial weights of the seed, and paused; begins run `run`.

    Answered by Configured of that run; the trainer adds ActivityChanged, Weights and Checkpoint.
    """


class Restore(Message, frozen=True):
    """Stand where `checkpoint` stood (after a crash, or from a file), paused; Train continues bit by bit from there.

    A checkpoint with θ alone (`optimiser` empty, `random` of length 0) continues with fresh ones. Answered like Reset.
    """

    checkpoint: Checkpoint


class SetWeights(Message, frozen=True):
    """To the inspector: the newest θ, with the run and revision of the trainer's Weights event.

    Dropped when the field has become another since that revision.
    """

    step: int
    theta: Array


class AskPortrait(Message, frozen=True):
    """To the inspector: what the phase plane shows now. `starts` (n, 2) are the user's; extent is x0, x1, y0, y1.

    `layers` is that of the view settings: unless it is 0, the trajectories are told as so many layers have them too.
    `care` says how fine the task's surface is to be; the velocities are on `grid` points a side in any case.

    Every question is answered, with the newest experiment and weights, unless a newer one of its kind replaced it.
    """

    question: int
    extent: tuple[float, float, float, float]
    t: float
    starts: tuple[tuple[float, float], ...] = ()
    grid: int = 64
    layers: int = 0
    care: Care = "usual"


class AskTrajectories(Message, frozen=True):
    """To the inspector: only the trajectories from `starts`, answered before anything else that waits.

    `layers` is as in AskPortrait.
    """

    question: int
    starts: tuple[tuple[float, float], ...]
    layers: int = 0


class AskSweep(Message, frozen=True):
    """To the inspector: error against cost over tolerances (or step sizes) on the newest weights, in the background.

    A newer AskSweep replaces one that is running.
    """

    question: int


class AskStudy(Message, frozen=True):
    """To the inspector: the study of that name, in the background and after everything else; an empty name ends it.

    A newer AskStudy replaces one that is running. One that runs begins anew when the experiment changes. `layers` is
    that of the view settings.
    """

    question: int
    study: str
    layers: int = 0


class Shutdown(Message, frozen=True):
    """End the worker."""


Command = (
    Configure
    | Train
    | Pause
    | Step
    | Reset
    | Restore
    | SetWeights
    | AskPortrait
    | AskTrajectories
    | AskSweep
    | AskStudy
    | Shutdown
)


# ---- events: worker -> window, past participles and nouns -----------------------------------------------------------


class Checkpoint(Message, frozen=True):
    """All that training needs to go on exactly. At least once a second, and whenever training pauses.

    theta is what is shown and saved: the running mean of the weights, where the training settings average them.
    `optimiser` holds the optimiser's memory and, as `trained`, the weights that it moves. `random` is the state of the
    generator of batches, uint8.
    """

    step: int
    theta: Array
    optimiser: dict[str, Array]
    random: Array


class Ready(Message, frozen=True):
    """The worker has imported torch and takes commands."""

    role: Role
    pid: int
    device: str
    torch: str


class Configured(Message, frozen=True):
    """The experiment of `revision` is in force. `kept` says whether θ was kept; `step` is where training stands."""

    role: Role
    step: int
    kept: bool
    device: str
    parameters: int


class ActivityChanged(Message, frozen=True):
    """Training began or paused, and why, when it was not asked for.

    The trainer pauses by itself when solve after solve fails, and goes on by itself once an edit may have helped.
    """

    activity: Activity
    step: int
    reason: str = ""


class Progress(Message, frozen=True):
    """Consecutive training steps, lossless. All arrays have one entry a step, the first for step `first + 1`.

    loss; test (a held-out or full-data figure of merit, NaN where not evaluated); nfe_forward, nfe_backward, rejected;
    seconds. float64.
    """

    first: int
    loss: Array
    test: Array
    nfe_forward: Array
    nfe_backward: Array
    rejected: Array
    seconds: Array


class Weights(Message, frozen=True):
    """The newest θ, at most 30 times a second. Lossy: newest wins."""

    step: int
    theta: Array


class WeightsLeft(Message, frozen=True):
    """Training goes on with other weights, for another experiment: where those before stood. Lossless."""

    checkpoint: Checkpoint


class Diverged(Message, frozen=True):
    """A training solve ended with a status that is not success. `sentence` says what, `remedy` what to do.

    The step counts and its loss is NaN; θ stayed as it was. At most one in each batch of Progress: the last.
    """

    step: int
    status: str
    sentence: str
    remedy: str


class Portrait(Message, frozen=True):
    """What the phase plane shows, for the θ of `step`: velocity (grid, grid, 2) float32, [i, j] at (x_i, y_j).

    learnt are the trajectories from the dataset's own starts, user those from the asked `starts`, with the solver as
    set; learnt_layers and user_layers the same as the layers asked for have them, a time a layer. surface, cloud and
    figures are what the task shows. milliseconds is the inspector's time for it all.
    """

    question: int
    step: int
    t: float
    extent: tuple[float, float, float, float]
    velocity: Array
    learnt: tuple[Curve, ...]
    user: tuple[Curve, ...]
    milliseconds: float
    learnt_layers: tuple[Curve, ...] = ()
    user_layers: tuple[Curve, ...] = ()
    surface: PackedSurface | None = None
    cloud: PackedCloud | None = None
    figures: tuple[Figure, ...] = ()


class TrajectoriesSolved(Message, frozen=True):
    """The answer to AskTrajectories, one curve a start; `layers` are the same as the layers asked for have them."""

    question: int
    step: int
    curves: tuple[Curve, ...]
    layers: tuple[Curve, ...] = ()


class SweepPoint(msgspec.Struct, frozen=True, array_like=True):
    """One solve of a sweep: the setting (rtol or dt), error against the reference, NFE, milliseconds, status.

    rtol moves with atol in the ratio that is set.
    """

    setting: float
    error: float
    nfe: int
    milliseconds: float
    status: str


class SweepExtended(Message, frozen=True):
    """The sweep so far; `axis` is what was swept, `current` the point for the solver exactly as set.

    The error is the largest distance to the reference over all times saved. When no reference could be had, `points`
    stays empty and `sentence` says why.
    """

    question: int
    step: int
    axis: Literal["rtol", "dt"]
    points: tuple[SweepPoint, ...]
    current: SweepPoint | None
    done: bool
    sentence: str = ""


class StudyExtended(Message, frozen=True):
    """What the study knows so far, of the θ of `step`."""

    question: int
    study: str
    step: int
    report: Report


class Failed(Message, frozen=True):
    """Something went wrong that is no numerical trouble: a sentence, a remedy, and the detail for a bug report."""

    role: Role
    message: str
    remedy: str
    detail: str = ""


class WorkerLost(msgspec.Struct, frozen=True):
    """A worker ended unasked. Made by the client, in the window's process; never on the wire, so of no run."""

    role: Role
    exitcode: int | None


Event = (
    Ready
    | Configured
    | ActivityChanged
    | Progress
    | Weights
    | Checkpoint
    | WeightsLeft
    | Diverged
    | Portrait
    | TrajectoriesSolved
    | SweepExtended
    | StudyExtended
    | Failed
)

Heard = Event | WorkerLost
"""What the client hands to the window."""

LOSSY: tuple[type[Message], ...] = (Weights, Checkpoint, Portrait, TrajectoriesSolved, SweepExtended, StudyExtended)
"""Events of which only the newest matters."""


class Origin(msgspec.Struct, frozen=True):
    """Run and revision of a message that could not be read further."""

    run: int = 0
    revision: int = 0


_encoder = msgspec.msgpack.Encoder()
_commands: msgspec.msgpack.Decoder[Command] = msgspec.msgpack.Decoder(Command)
_events: msgspec.msgpack.Decoder[Event] = msgspec.msgpack.Decoder(Event)
_origins = msgspec.msgpack.Decoder(Origin)


def encode(message: Message) -> bytes:
    """The message's wire form."""
    return _encoder.encode(message)


def decode_command(data: bytes) -> Command:
    """The command in `data`. Raises msgspec.DecodeError."""
    return _decoded(_commands, data)


def decode_event(data: bytes) -> Event:
    """The event in `data`. Raises msgspec.DecodeError."""
    return _decoded(_events, data)


def origin_of(data: bytes) -> Origin:
    """Run and revision of a message, also of one whose content does not validate; zeros when it is no message."""
    try:
        return _decoded(_origins, data)
    except msgspec.DecodeError:
        return Origin()


def _decoded(decoder: msgspec.msgpack.Decoder[T], data: bytes) -> T:
    try:
        return decoder.decode(data)
    except UnicodeDecodeError as error:  # msgspec lets this one through
        raise msgspec.DecodeError(f"Text in the message is no UTF-8: {error.reason}") from error
