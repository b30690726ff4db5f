"""The plan comes from the seed alone, and strikes with everything."""

from tests.chaos.plan import ALL, plan


def test_a_seed_gives_the_same_plan():
    assert plan(7, 600) == plan(7, 600)
    assert plan(7, 600) != plan(8, 600)


def test_everything_is_struck_before_anything_is_struck_again():
    for seed in range(20):
        kinds = [blow.kind for blow in plan(seed, 600)]
        assert set(kinds[: len(ALL)]) == set(ALL)
        moments = [blow.at for blow in plan(seed, 600)]
        assert moments == sorted(moments)
        assert moments[-1] < 600
