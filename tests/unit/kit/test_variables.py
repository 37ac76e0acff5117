"""Which variable narrows which series."""

import pytest

from kit.promql import instant
from kit.rules import Series
from kit.variables import Variable, narrowed
from metrics.types import Unit

SOURCE = Series("model:requests:sum", Unit.NONE, ("job", "instance"))


def variable(name, label="job", **prefixes):
    return Variable(name=name, title=name, label=label, values_of=SOURCE, **prefixes)


SERVICE = variable("service")
REPLICA = variable("replica", narrows=("instance:",))
# Shorter than REPLICA's prefix in one of its prefixes, longer in the other.
HARDWARE = variable("hardware", narrows=("gpu:", "instance:gpu_"))


@pytest.mark.parametrize("order", [(SERVICE, REPLICA, HARDWARE), (HARDWARE, REPLICA, SERVICE)])
@pytest.mark.parametrize(
    ("series", "chosen"),
    [
        ("model:requests:sum", "service"),
        ("gpu:power_watts:max", "hardware"),
        ("instance:gpu_power_watts:sum", "hardware"),
        ("instance:requests:sum", "replica"),
    ],
)
def test_a_series_belongs_to_the_variable_that_knows_most_of_its_name(series, chosen, order):
    query = instant(Series(series, Unit.NONE, ("job",)))
    assert str(narrowed(query, order)) == f'{series}{{job=~"${chosen}"}}'


def test_a_series_of_other_names_or_without_the_label_stays_as_it_is():
    query = instant(SOURCE)
    assert str(narrowed(query, (HARDWARE, variable("index", "gpu")))) == "model:requests:sum"


def test_variables_of_different_labels_narrow_the_same_series():
    query = instant(SOURCE)
    host = variable("host", "instance")
    assert str(narrowed(query, (SERVICE, host))) == 'model:requests:sum{instance=~"$host",job=~"$service"}'
