"""Means and deviations of what is drawn, and what is written wrongly."""

from pathlib import Path
from statistics import fmean, pstdev

import pytest

from fakeai.core.seeds import draws
from fakeai.sim.distributions import BadSpec, distribution, gamma

pytestmark = [pytest.mark.unit, pytest.mark.sim]


def drawn(text: str, count: int = 20_000) -> list[float]:
    chosen, r = distribution(text), draws(7)
    return [chosen.draw(r) for _ in range(count)]


@pytest.mark.parametrize(
    ("text", "mean", "deviation"),
    [
        ("250", 250, 0),
        ("constant:250", 250, 0),
        ("100..300", 200, 200 / 12**0.5),
        ("uniform:100:300", 200, 200 / 12**0.5),
        ("exponential:40", 40, 40),
        ("normal:1000:50", 1000, 50),
        ("lognormal:1000:0.5", 1000, 1000 * (2.718281828**0.25 - 1) ** 0.5),
    ],
)
def test_moments(text: str, mean: float, deviation: float) -> None:
    values = drawn(text)
    assert fmean(values) == pytest.approx(mean, rel=0.03)
    assert pstdev(values) == pytest.approx(deviation, rel=0.05, abs=1e-9)
    assert min(values) >= 0


@pytest.mark.parametrize("shape", [0.25, 1.0, 6.0])
def test_gamma_has_its_shape_as_mean_and_as_variance(shape: float) -> None:
    r = draws(3)
    values = [gamma(shape, r) for _ in range(30_000)]
    assert fmean(values) == pytest.approx(shape, rel=0.03)
    assert pstdev(values) ** 2 == pytest.approx(shape, rel=0.06)


@pytest.mark.parametrize("text", ["lognormal:1000:1:1500", "normal:1000:500:1500"])
def test_a_limit_is_kept(text: str) -> None:
    assert max(drawn(text)) == 1500


def test_values_of_a_file_are_drawn_alike(tmp_path: Path) -> None:
    path = tmp_path / "lengths.txt"
    path.write_text("10\n20\n60\n")
    values = drawn(f"empirical:{path}")
    assert set(values) == {10, 20, 60}
    assert fmean(values) == pytest.approx(30, rel=0.03)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x", "'x' is not a number"),
        ("-1", "'-1' is not a number of at least 0"),
        ("nan", "'nan' is not a number"),
        ("normal:1000", "'normal:1000': expected normal:MEAN:DEVIATION[:MAX]"),
        ("uniform:1:2:3", "expected LEAST..GREATEST"),
        ("3..2", "the greatest is less than the least"),
        ("3..", "'' is not a number"),
        ("empirical:nowhere.txt", "nowhere.txt: no such file or directory"),
        ("lognorm:1:2", "is not a number"),
    ],
)
def test_what_is_written_wrongly_is_quoted(text: str, said: str) -> None:
    with pytest.raises(BadSpec) as error:
        distribution(text)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("content", "said"), [("", "no numbers in it"), ("1\ntwo\n", "'two' is not a number")])
def test_a_bad_file_is_named(content: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "lengths.txt"
    path.write_text(content)
    with pytest.raises(BadSpec, match=said):
        distribution(f"empirical:{path}")
