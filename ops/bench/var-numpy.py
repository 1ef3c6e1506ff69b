"""The model of ops/bench/var.ts in NumPy: a book comes as JSON on standard input, times and measures go to standard output.

float64 normals for factors and own draws, states by comparison, P&L by matrix products, blocks of paths that stay in the cache.
"""
import json
import sys
import time
from statistics import NormalDist

import numpy as np

BLOCK_PATHS = 4_096


def tables(book):
    """Thresholds and P&L of each market's outcomes, and each multiple's legs, from positions."""
    markets = book["markets"]
    index = {market["id"]: i for i, market in enumerate(markets)}
    most = max(len(market["probabilities"]) for market in markets)
    thresholds = np.full((most - 1, len(markets), 1), np.inf)
    pnl = np.zeros((most, len(markets)))
    for i, market in enumerate(markets):
        cumulated = np.cumsum(market["probabilities"])[:-1]
        thresholds[: len(cumulated), i, 0] = [NormalDist().inv_cdf(p) for p in cumulated]
    multiples = []
    for position in book["positions"]:
        legs = [(index[leg["market"]], leg["outcome"]) for leg in position["legs"]]
        if len(legs) == 1:
            (market, outcome), = legs
            pnl[:, market] -= position["stake"]
            pnl[outcome, market] += round(position["stake"] * position["price"])
        else:
            multiples.append((legs, round(position["stake"] * position["price"]), position["stake"]))
    return thresholds, pnl, multiples


def simulate(book, paths, seed):
    thresholds, pnl, multiples = tables(book)
    loadings = np.array([market["loadings"] for market in book["markets"]])
    own = np.sqrt(1 - (loadings**2).sum(axis=1))[:, None]
    markets, factors = loadings.shape
    steps = np.diff(pnl, axis=0)
    base = pnl[0].sum() - sum(stake for _, _, stake in multiples)
    generator = np.random.default_rng(seed)
    result = np.empty(paths)
    for start in range(0, paths, BLOCK_PATHS):
        size = min(BLOCK_PATHS, paths - start)
        latent = generator.standard_normal((markets, size))
        latent *= own
        latent += loadings @ generator.standard_normal((factors, size))
        reached = [latent >= threshold for threshold in thresholds]
        block = np.full(size, float(base))
        for step, mask in zip(steps, reached):
            block += step @ mask.astype(np.float64)
        for legs, pays, _ in multiples:
            won = np.ones(size, dtype=bool)
            for market, outcome in legs:
                if outcome > 0:
                    won &= reached[outcome - 1][market]
                if outcome < len(reached):
                    won &= ~reached[outcome][market]
            block[won] += pays
        result[start : start + size] = block
    return result


def measures(pnl):
    losses, count = -pnl, len(pnl)
    ranks = [int(np.ceil(level * count - 1e-6)) - 1 for level in (0.95, 0.99)]
    losses.partition(ranks)
    found = {"expectedPnl": float(pnl.mean()), "probabilityOfLoss": float((pnl < 0).mean())}
    for name, level, rank in zip(("95", "99"), (0.95, 0.99), ranks):
        var = losses[rank]
        found["var" + name] = float(var)
        found["cvar" + name] = float(var + (losses[rank + 1 :] - var).sum() / ((1 - level) * count))
    return found


def main():
    request = json.load(sys.stdin)
    simulate(request["book"], request["paths"], 0)
    cpu_before, wall_before = time.process_time(), time.perf_counter()
    found = measures(simulate(request["book"], request["paths"], request["seed"]))
    found["cpuSeconds"] = time.process_time() - cpu_before
    found["wallSeconds"] = time.perf_counter() - wall_before
    json.dump(found, sys.stdout)


main()
