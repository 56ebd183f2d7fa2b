"""Learning curves of transfer learning: fair recipes, tuning by the rule, results as recorded."""

import dataclasses
import json
from itertools import product

import numpy as np
import pytest
from scipy import stats

from lecture_utils import runs
from lecture_utils.runs import _store, _transfer_recipes, transfer

EVERY = pytest.mark.parametrize(
    ("strategy", "count"), list(product(transfer.CURVES, transfer.COUNTS))
)
ALL_NAMES = [name for name in runs.RECIPES if name.startswith("learning-curves/")]


def name_of(strategy, count):
    return f"learning-curves/{strategy}-{count}"


def record(root, name, seed, accuracy, photos=50):
    """Write a run with random logits that classify so many test photos correctly."""
    folder = _store.run_folder(name, seed, root)
    folder.mkdir(parents=True)
    card = {
        "seed": seed,
        "recipe": dataclasses.asdict(runs.recipe(name)),
        "metrics": {"test": {"accuracy": accuracy}},
    }
    _store.write_json(folder / _store.CARD, card)
    (folder / _store.HISTORY).write_text("epoch\n1\n")
    generator = np.random.default_rng(seed)
    labels = np.arange(photos) % 2
    correct = generator.permutation(photos) < round(accuracy * photos)
    logits = np.where(correct, 1, -1) * (2 * labels - 1) * generator.uniform(0.5, 3, photos)
    from lecture_utils.runs._test_logits import write_test_logits

    views = {"as it is": logits.astype(np.float32)}
    write_test_logits(folder / _store.TEST_LOGITS, runs.TestLogits(labels, views))
    return correct


def trials(*rows):
    """Make trials of (rate, accuracy, loss), with one seed each."""
    names = ("learning_rate", "val_accuracy", "val_loss")
    return [{"seed": 0, **dict(zip(names, row, strict=True))} for row in rows]


def test_accuracy_decides_and_loss_among_what_it_cannot_tell_apart():
    # 0.9 has a standard error of 0.0095 on 1,000 photos.
    assert _transfer_recipes.best(trials((1e-3, 0.85, 0.1), (3e-3, 0.90, 0.5))) == 3e-3
    assert _transfer_recipes.best(trials((1e-3, 0.892, 0.1), (3e-3, 0.90, 0.5))) == 1e-3
    assert _transfer_recipes.best(trials((1e-3, 0.889, 0.1), (3e-3, 0.90, 0.5))) == 3e-3
    two_seeds = trials((1e-3, 0.8, 0.4), (1e-3, 0.9, 0.2), (3e-3, 0.86, 0.5), (3e-3, 0.9, 0.1))
    assert _transfer_recipes.best(two_seeds) == 3e-3


def test_the_grid_grows_only_where_the_chosen_rate_is_at_its_end():
    def next_rate(tried):
        return _transfer_recipes.next_rate(tried, [0])

    assert next_rate([]) == 1e-3
    assert next_rate(trials((1e-3, 0.9, 0.1), (3e-3, 0.8, 0.2))) == 1e-2
    rising = trials((1e-3, 0.7, 0.5), (3e-3, 0.8, 0.4), (1e-2, 0.9, 0.3))
    assert next_rate(rising) == 3e-2
    assert next_rate([*rising, *trials((3e-2, 0.8, 0.4))]) is None
    falling = trials((1e-3, 0.9, 0.1), (3e-3, 0.8, 0.4), (1e-2, 0.7, 0.5))
    assert next_rate(falling) == 3e-4
    # A rate that one of the seeds lacks is tried again.
    assert _transfer_recipes.next_rate(rising, [0, 1]) == 1e-3


@EVERY
def test_rates_follow_the_rule_on_validation(strategy, count):
    known = json.loads(_transfer_recipes.TUNING.read_text(encoding="utf-8"))
    if name_of(strategy, count) not in runs.RECIPES:
        # It has not been tuned to the end.
        assert any(
            _transfer_recipes.next_rate(known.get(strategy, {}).get(str(tuned), []), seeds)
            for tuned, seeds in _transfer_recipes.TUNED_COUNTS.items()
        )
        return
    tuned = 50 if count <= 200 else 500
    tried = known[strategy][str(tuned)]
    seeds = _transfer_recipes.TUNED_COUNTS[tuned]
    rates = {one["learning_rate"] for one in tried}
    assert sorted((one["learning_rate"], one["seed"]) for one in tried) == sorted(
        product(rates, seeds)
    )
    assert {*_transfer_recipes.GRID} <= rates
    assert _transfer_recipes.next_rate(tried, seeds) is None
    assert runs.recipe(name_of(strategy, count)).learning_rate == _transfer_recipes.best(tried)
    assert not {*seeds} & {*_transfer_recipes.seeds(count)}


@EVERY
def test_all_strategies_take_the_same_number_of_steps(strategy, count):
    if name_of(strategy, count) not in runs.RECIPES:
        return
    recipe = runs.recipe(name_of(strategy, count))
    copies = max(1, recipe.augmented_copies)
    assert recipe.batch_size == 16
    # No step has fewer images: every epoch is a multiple of the batch.
    phases = [recipe.train_size * copies * recipe.repeats * recipe.epochs]
    phases.append(recipe.train_size * recipe.head_repeats)
    assert all(images % 16 == 0 for images in phases)
    expected = max(100, count // 2) * (10 if strategy == "from-scratch-long" else 1)
    assert sum(phases) // 16 == expected == transfer.steps(strategy, count)
    assert (recipe.train_size, recipe.resample_by_seed) == (count, True)
    assert recipe.saves_logits and not recipe.keep_weights
    if strategy == "lp-ft":
        assert phases[0] == phases[1]


@pytest.mark.parametrize("name", ALL_NAMES)
def test_what_is_recorded_is_what_the_recipes_say(name):
    count = int(name.removesuffix("-224px").rsplit("-", 1)[1])
    for _, seed in runs.available(name):
        assert seed in _transfer_recipes.seeds(count)
        run = runs.load(name, seed)
        assert run.recipe == runs.recipe(name)
        assert [code["changed_since"] for code in run.card["code"]] == [False]
        assert run.card["data"]["train"] == count
        assert run.card["trainer"]["precision"] == "32-true"


def test_curves_and_comparisons_are_those_of_the_cards(tmp_path):
    generator = np.random.default_rng(0)
    drawn = {}
    for strategy, count in product(("extraction", "partial"), (10, 500)):
        drawn[strategy, count] = generator.uniform(0.5, 0.9, size=4).round(2)
        for seed, accuracy in enumerate(drawn[strategy, count]):
            # One seed of each lacks its partner.
            if (strategy, seed) not in {("extraction", 3), ("partial", 0)}:
                record(tmp_path, name_of(strategy, count), seed, accuracy)
    curves = transfer.learning_curves(root=tmp_path)
    assert list(curves) == list(transfer.CURVES)
    assert curves["lp-ft"] == {}
    assert curves["extraction"][10] == dict(enumerate(drawn["extraction", 10][:3]))
    pair = ("partial", "extraction")
    compared = transfer.compare(pair, ("lp-ft", "partial"), root=tmp_path)
    assert compared["lp-ft", "partial"] == []
    compared = compared[pair]
    assert [(each.count, each.seeds) for each in compared] == [(10, 2), (500, 2)]
    p_values = []
    for each in compared:
        one, other = (drawn[s, each.count][1:3] for s in ("partial", "extraction"))
        test = stats.ttest_rel(one, other)
        low, high = test.confidence_interval()
        assert each.difference - each.margin == pytest.approx(low)
        assert each.difference + each.margin == pytest.approx(high)
        p_values.append(test.pvalue)
    corrected = [min(1, 2 * min(p_values)), max(*p_values, min(1, 2 * min(p_values)))]
    assert sorted(each.p for each in compared) == pytest.approx(corrected)
    with pytest.raises(ValueError, match="strategy is 'all'"):
        transfer.compare(("partial", "all"))


def test_the_share_of_seeds_that_are_correct(tmp_path):
    name = name_of("extraction", 10)
    correct = [record(tmp_path, name, seed, accuracy) for seed, accuracy in ((0, 0.8), (1, 0.6))]
    found = transfer.share_correct(name, root=tmp_path)
    assert found == pytest.approx(np.mean(correct, axis=0))
    assert found.mean() == pytest.approx(0.7)
    with pytest.raises(FileNotFoundError, match="no run of"):
        transfer.share_correct(name_of("partial", 10), root=tmp_path)
