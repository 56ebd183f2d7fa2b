"""Designed, random and learned filters: fair recipes, and results as they were recorded."""

import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import numpy as np
import pytest
import torch
import tuning
from scipy import stats

from lecture_utils import models, runs
from lecture_utils.runs import _filter_recipes, _networks, _store, filters

EVERY = pytest.mark.parametrize(("network", "size"), list(product(filters.NETWORKS, filters.SIZES)))


def write_card(root, network, size, seed, accuracy):
    name = _filter_recipes.name_of(network, size)
    folder = _store.run_folder(name, seed, root)
    folder.mkdir(parents=True)
    recipe = dataclasses.asdict(runs.recipe(name))
    card = {"seed": seed, "recipe": recipe, "metrics": {"test": {"accuracy": accuracy}}}
    _store.write_json(folder / _store.CARD, card)
    (folder / _store.HISTORY).write_text("epoch\n1\n")


def test_runs_are_compared_seed_by_seed(tmp_path):
    generator = np.random.default_rng(0)
    drawn = {
        (network, size): generator.uniform(0.5, 0.9, size=4)
        for network in ("gabor", "random")
        for size in (100, 1_000)
    }
    for (network, size), values in drawn.items():
        for seed, accuracy in enumerate(values):
            # One seed of each lacks its partner.
            if (network, seed) not in {("gabor", 3), ("random", 0)}:
                write_card(tmp_path, network, size, seed, accuracy)
    write_card(tmp_path, "gabor", 10_000, 0, 0.9)
    curves = filters.accuracies(root=tmp_path)
    assert list(curves) == list(filters.NETWORKS)
    assert curves["pixels"] == {}
    assert curves["gabor"][100] == dict(enumerate(drawn["gabor", 100][:3]))
    [compared] = filters.compare(("gabor", "random"), root=tmp_path).values()
    assert [each.count for each in compared] == [100, 1_000]
    p_values = []
    for each in compared:
        one, other = (drawn[network, each.count][1:3] for network in ("gabor", "random"))
        test = stats.ttest_rel(one, other)
        low, high = test.confidence_interval()
        assert each.seeds == 2
        assert each.difference - each.margin == pytest.approx(low)
        assert each.difference + each.margin == pytest.approx(high)
        p_values.append(test.pvalue)
    corrected = [min(1, 2 * min(p_values)), max(*p_values, min(1, 2 * min(p_values)))]
    assert sorted(each.p for each in compared) == pytest.approx(corrected)
    # All comparisons of one call are corrected together.
    pairs = ("gabor", "random"), ("random", "gabor")
    both = filters.compare(*pairs, root=tmp_path)
    assert list(both) == list(pairs)
    doubled = [each.p for results in both.values() for each in results]
    assert min(doubled) == pytest.approx(min(1, 4 * min(p_values)))


def test_processes_that_tune_at_the_same_time_keep_the_results_of_each_other(tmp_path):
    path = tmp_path / "tuning" / "filters.json"
    with ThreadPoolExecutor(8) as pool:
        for rate in range(40):
            settings = {"learning_rate": rate % 20, "weight_decay": 0.0}
            pool.submit(tuning.add, path, "gabor", 100, settings, {"val_accuracy": 0.5})
    tried = tuning.read(path)["gabor"]["100"]
    assert sorted(trial["learning_rate"] for trial in tried) == list(range(20))
    again = {"learning_rate": 3, "weight_decay": 0.0}
    assert tuning.add(path, "gabor", 100, again, {"val_accuracy": 0.9}) == tried
    assert [each.name for each in path.parent.iterdir()] == ["filters.json"]


def test_unknown_networks_and_missing_runs_are_named(tmp_path):
    with pytest.raises(ValueError, match="network is 'sobel'"):
        filters.compare(("gabor", "sobel"))
    with pytest.raises(FileNotFoundError, match="filters/one-layer-100"):
        filters.evolution(root=tmp_path)


@EVERY
def test_the_setting_is_the_best_on_validation(network, size):
    tuned = max([known for known in _filter_recipes.TUNED_SIZES if known <= size] or [1_000])
    tried = json.loads(_filter_recipes.TUNING.read_text(encoding="utf-8"))[network][str(tuned)]
    grid = set(product(_filter_recipes.LEARNING_RATES, _filter_recipes.WEIGHT_DECAYS))
    assert {(one["learning_rate"], one["weight_decay"]) for one in tried} == grid
    assert len(tried) == len(grid)
    recipe = runs.recipe(_filter_recipes.name_of(network, size))
    [chosen] = [
        one
        for one in tried
        if (one["learning_rate"], one["weight_decay"])
        == (recipe.learning_rate, recipe.weight_decay)
    ]
    assert chosen["val_accuracy"] == max(one["val_accuracy"] for one in tried)


@EVERY
def test_all_networks_have_one_budget(network, size):
    recipe = runs.recipe(_filter_recipes.name_of(network, size))
    images = recipe.epochs * recipe.train_size * recipe.repeats
    assert images == 3_000 * recipe.batch_size
    assert (recipe.train_size, recipe.resample_by_seed) == (size, True)


@EVERY
def test_what_is_recorded_is_what_the_recipes_say(network, size):
    name = _filter_recipes.name_of(network, size)
    seeds = [seed for _, seed in runs.available(name)]
    assert seeds == list(range(len(seeds))) and len(seeds) in (0, 5)
    for seed in seeds:
        run = runs.load(name, seed)
        assert run.recipe == runs.recipe(name)
        assert [code["changed_since"] for code in run.card["code"]] == [False]
        assert run.card["data"]["train"] == size
        classes = run.test_classes
        right = np.mean(classes["predicted"] == classes["label"])
        assert right == pytest.approx(run.card["metrics"]["test"]["accuracy"], abs=1e-6)


@pytest.mark.parametrize("seed", [0, 3])
def test_learned_filters_begin_as_the_frozen_random_ones(seed):
    run = filters.evolution(seed=seed)[1_000]
    torch.manual_seed(seed)
    frozen = models.build("random")[0].weight.detach().numpy()
    step, weights = run.snapshots
    assert step[0] == 0 and step[-1] == 3_000
    assert np.abs(weights[0] - frozen).max() <= np.abs(frozen).max() * 0.51 / 127


@pytest.mark.slow
@pytest.mark.parametrize("network", ["random", "two-random"])
def test_frozen_filters_run_once_and_change_nothing(network, tmp_path, monkeypatch):
    settings = {"data_dir": "sample", "epochs": 2, "train_size": 100, "validation_size": 50}
    name = _filter_recipes.name_of(network, 100)
    recipe = runs.recipe(name)
    whole = models.build(recipe.model)
    assert len(_networks.module_to_fit(recipe, whole)) == 2  # batch normalization and Linear
    cached = runs.train(name, 1, root=tmp_path / "cached", **settings)
    monkeypatch.setattr(_networks, "frozen_layers", lambda _: 0)
    assert _networks.module_to_fit(recipe, whole) is whole
    in_every_step = runs.train(name, 1, root=tmp_path / "whole", **settings)
    for key in ("parameters", "trainable_parameters"):
        assert cached.card[key] == in_every_step.card[key]
    for key, values in cached.history.items():
        np.testing.assert_allclose(values, in_every_step.history[key], rtol=1e-3, atol=0.021)


def test_only_frozen_filters_in_front_run_once():
    for network, frozen in {"pixels": 0, "gabor": 4, "two-random": 7, "two-layers": 0}.items():
        assert _networks.frozen_layers(models.build(network)) == frozen
    dropout = torch.nn.Sequential(torch.nn.Dropout(), *models.build("gabor"))
    assert _networks.frozen_layers(dropout) == 0
    assert _networks.frozen_layers(torch.nn.Linear(2, 1)) == 0
