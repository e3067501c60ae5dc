"""A setting is declared once, and everything that reads, edits or checks it goes by the declaration."""

from __future__ import annotations

import math
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeviz.datasets import DATASETS, Spiral
from nodeviz.experiment import Experiment, SolverSettings, TrainingSettings, ViewSettings
from nodeviz.fields import FIELDS, FormulaField, MLPField
from nodeviz.fields.formula import Parameter
from nodeviz.settings import Setting, Settings, described, edited, setting_at, settings_of, value_at
from nodeviz.tasks import TASKS
from nodeviz.tasks.tableau import WrittenTableau

EULER = WrittenTableau(a=((),), b=(1,))
STRUCTS = (SolverSettings, TrainingSettings, ViewSettings, *FIELDS, *DATASETS, *TASKS)
DECLARED = [pytest.param(struct, setting, id=f"{struct.__name__}.{setting.name}")
            for struct in STRUCTS for setting in settings_of(struct)]  # fmt: skip


def allowed(setting: Setting) -> st.SearchStrategy[Any]:
    """Values that may be set."""
    match setting.kind:
        case "bool":
            return st.booleans()
        case "choice":
            return st.sampled_from([choice.value for choice in setting.choices])
        case "int":
            return st.integers(int(setting.low), int(setting.high))
        case "float":
            return st.floats(setting.low, setting.high)
        case "text":
            return st.just(setting.default)


def begun(struct: type[Settings]) -> Settings:
    """The defaults, with what any choice may need."""
    return SolverSettings(tableau=EULER) if struct is SolverSettings else struct()


@pytest.mark.parametrize(("struct", "setting"), DECLARED)
def test_every_default_is_one_that_may_be_set(struct: type[Settings], setting: Setting) -> None:
    setting.check(setting.default)


@pytest.mark.parametrize(("struct", "setting"), DECLARED)
def test_every_setting_has_a_label_and_one_sentence_of_help(struct: type[Settings], setting: Setting) -> None:
    assert setting.label
    assert setting.help.endswith(".")
    assert ". " not in setting.help
    assert len(setting.help) <= 120


@pytest.mark.parametrize(("struct", "setting"), DECLARED)
def test_every_number_has_bounds_that_fit_its_scale(struct: type[Settings], setting: Setting) -> None:
    if setting.kind in ("int", "float"):
        assert setting.low is not None
        assert setting.high is not None
        assert setting.low < setting.high
        assert setting.scale == "linear" or setting.low > 0 or (setting.low == 0 and setting.kind == "int")


@pytest.mark.parametrize(("struct", "setting"), DECLARED)
def test_every_choice_has_distinct_values_and_names_for_them(struct: type[Settings], setting: Setting) -> None:
    values = [choice.value for choice in setting.choices]
    assert len(set(values)) == len(values)
    assert all(choice.label for choice in setting.choices)
    assert (setting.kind == "choice") == bool(values)


@pytest.mark.parametrize(("struct", "setting"), DECLARED)
@given(data=st.data())
def test_every_allowed_value_survives_a_file(struct: type[Settings], setting: Setting, data: st.DataObject) -> None:
    value = data.draw(allowed(setting))
    changed = edited(begun(struct), setting.name, value)
    assert getattr(changed, setting.name) == value
    assert msgspec.json.decode(msgspec.json.encode(changed), type=struct) == changed


@pytest.mark.parametrize(("struct", "setting"), DECLARED)
@given(data=st.data())
def test_every_allowed_value_can_be_read_back_from_its_text(
    struct: type[Settings], setting: Setting, data: st.DataObject
) -> None:
    value = data.draw(allowed(setting))
    assert setting.read(str(value)) == value


@pytest.mark.parametrize(("struct", "setting"), [p for p in DECLARED if p.values[1].kind in ("int", "float")])
def test_a_number_out_of_bounds_is_refused_by_every_way_in(struct: type[Settings], setting: Setting) -> None:
    for wrong in (setting.low - 1, setting.high + 1):
        value = int(wrong) if setting.kind == "int" else float(wrong)
        with pytest.raises(ValueError, match=r"must be at (least|most)"):
            edited(struct(), setting.name, value)
        with pytest.raises(ValueError, match=r"must be at (least|most)"):
            struct(**{setting.name: value})
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(msgspec.json.encode({setting.name: value, **tag(struct)}), type=struct)


def tag(struct: type[Settings]) -> dict[str, str]:
    config = struct.__struct_config__
    return {config.tag_field: config.tag} if config.tag_field else {}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "0.1", None, True])
def test_what_is_no_finite_number_is_refused_where_one_is_due(value: Any) -> None:
    with pytest.raises(ValueError, match="rtol must be"):
        edited(Experiment(), "solver.rtol", value)


@pytest.mark.parametrize("text", ["", "nan", "inf", "1e-5x", "0x10", "1,5", "two"])
def test_text_that_is_no_finite_number_is_refused_where_one_is_due(text: str) -> None:
    with pytest.raises(ValueError, match="learning rate must be"):
        setting_at(Experiment(), "training.learning_rate").read(text)


def test_an_error_names_the_setting_what_is_allowed_and_what_came() -> None:
    with pytest.raises(ValueError) as caught:
        edited(Experiment(), "solver.rtol", 0)
    assert str(caught.value) == "rtol must be at least 1e-12; got 0."


def test_a_misspelt_choice_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="did you mean tsit5"):
        edited(Experiment(), "solver.method", "tsit")


def test_a_setting_that_does_not_exist_is_answered_with_those_that_do() -> None:
    with pytest.raises(ValueError, match="no setting 'rtoll' here; the settings are method, rtol, atol"):
        edited(Experiment(), "solver.rtoll", 1e-3)
    with pytest.raises(ValueError, match="no setting"):
        value_at(Experiment(), "solver.rtol.deeper")
    with pytest.raises(ValueError, match="no setting"):
        setting_at(Experiment(), "training.foo")


def test_an_edit_leaves_the_original_and_everything_else_alone() -> None:
    before = Experiment()
    after = edited(before, "solver.rtol", 1e-3)
    assert before == Experiment()
    assert after.solver == SolverSettings(rtol=1e-3)
    assert edited(after, "solver.rtol", before.solver.rtol) == before


def test_a_field_can_be_exchanged_for_one_of_another_kind() -> None:
    typed = edited(Experiment(), "field", FormulaField("y", "-x", ()))
    assert typed.field == FormulaField("y", "-x", ())
    assert edited(typed, "field", MLPField(width=7)).field.width == 7


def test_a_parameter_is_edited_by_its_name_or_its_place() -> None:
    experiment = edited(Experiment(), "field", FormulaField())
    for path in ("field.parameters.b.value", "field.parameters.1.value"):
        after = edited(experiment, path, 0.25)
        assert [parameter.value for parameter in after.field.parameters] == [-0.5, 0.25]
        assert value_at(after, path) == 0.25
    with pytest.raises(ValueError, match="no setting 'c'"):
        edited(experiment, "field.parameters.c.value", 1.0)


def test_a_value_of_the_wrong_shape_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="field cannot be 3"):
        edited(Experiment(), "field", 3)
    with pytest.raises(ValueError, match="starts cannot be"):
        edited(Experiment(), "view.starts", ((1.0, "up"),))


def test_a_whole_number_written_as_a_float_is_taken_for_one() -> None:
    assert edited(Experiment(), "task.batch", 32.0).task.batch == 32
    assert setting_at(Experiment(), "task.batch").read("1e2") == 100


@pytest.mark.parametrize("path", ["solver.rtol", "task.batch"])
@pytest.mark.parametrize("text", ["1" + "0" * 400, "9" * 5000, "1e400"], ids=["400 digits", "5000", "an exponent"])
def test_a_number_beyond_all_floats_is_refused_like_any_that_is_too_large(path: str, text: str) -> None:
    with pytest.raises(ValueError, match=" must be "):
        setting_at(Experiment(), path).read(text)
    with pytest.raises(ValueError, match=" must be "):
        edited(Experiment(), path, 10**400)


def test_a_real_number_is_read_as_one_also_without_a_point() -> None:
    value = setting_at(Experiment(), "solver.dt").read("1")
    assert isinstance(value, float) and value == 1.0


@pytest.mark.parametrize(("text", "value"), [("yes", True), ("OFF", False), ("1", True), ("no", False)])
def test_switches_are_read_in_a_persons_words(text: str, value: bool) -> None:
    assert setting_at(Experiment(), "view.arrows").read(text) is value


def test_an_inherited_check_of_a_struct_speaks_through_an_edit() -> None:
    with pytest.raises(ValueError, match="lowest below its highest"):
        edited(Parameter("a"), "low", 9.0)


def test_undescribed_fields_are_no_settings() -> None:
    class Mixed(Settings, frozen=True):
        one: Annotated[int, described("one", "A number.", low=0, high=3)] = 1
        two: int = 2
        three: Spiral = Spiral()

    assert [setting.name for setting in settings_of(Mixed)] == ["one"]


def test_of_endless_digits_only_their_number_is_told():
    with pytest.raises(ValueError, match=r"width must be at most 512; got a number of 401 digits\."):
        edited(Experiment(), "field.width", 10**400)
