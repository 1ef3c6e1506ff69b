/** From events and what their markets are worth to what is drawn. */
import { catalogueOf, parseRecordKey } from '../market.ts';
import type { Catalogue, RecordKey } from '../market.ts';
import type { LegClass } from '../payout.ts';
import { scoreRuleOf } from '../settlement.ts';
import { correlationOf } from './correlation.ts';
import type { Correlation, UnitTraits } from './correlation.ts';
import { requireFair } from './fair.ts';
import type { EventState, MarketState, Overrides, RiskInputs } from './inputs.ts';
import { isScoreMarket } from './score-constraint.ts';
import { reweightedGrid, scoreGrid } from './score-grid.ts';
import type { GridFit } from './score-grid.ts';
import { VarError } from './types.ts';
import type { Model, Unit } from './types.ts';

/** How well an event's grid meets its markets. */
export interface GridReport extends Pick<GridFit, 'residual' | 'worstMarket'> {
  /** `sport:event_id`. */
  readonly event: string;
}

/** A model, and where it is not quite what was asked for. */
export interface FittedModel {
  readonly model: Model;
  readonly grids: readonly GridReport[];
  readonly correlation: Pick<Correlation, 'changedBy' | 'largestDeviation'>;
}

/** Sports whose scores are a few goals to each side, so that a grid holds them. Of others (a basketball total of 220) each market is drawn by itself. */
const goalSports: ReadonlySet<string> = new Set(['football', 'soccer', 'futsal', 'ice_hockey', 'hockey']);

export const MAX_STATES = 4_096;

/** A market with the parts of its key, its outcomes in the catalogue's order where it has one. */
interface Priced {
  readonly key: RecordKey;
  readonly market: string;
  readonly catalogue: Catalogue | undefined;
  readonly outcomes: readonly string[];
  readonly probabilities: readonly number[];
  readonly override: readonly number[] | undefined;
  readonly decided: readonly LegClass[] | null;
}

type Drawn = Omit<Unit, 'loadings'> & { readonly isFavouriteFirst: boolean };

const priced = ({ market, outcomes, probabilities, decided }: MarketState, overrides: Overrides): Priced => {
  const key = parseRecordKey(market);
  if (!key.ok) throw new VarError('market_unknown', key.error.message);
  const catalogue = catalogueOf(key.value.market), override = Object.hasOwn(overrides, market) ? overrides[market] : undefined;
  if (decided !== null) {
    if (override !== undefined) throw new VarError('bad_scenario', `${market} is decided: leave it out of the scenario`);
    return { key: key.value, market, catalogue, outcomes, probabilities, override, decided };
  }
  const ordered = catalogue?.outcomes ?? outcomes, places = ordered.map((outcome) => outcomes.indexOf(outcome));
  if (places.includes(-1) || outcomes.length !== ordered.length || new Set(outcomes).size !== outcomes.length) {
    throw new VarError('outcome_unknown', `${market} has the outcomes ${ordered.join(', ')}, each once, not ${outcomes.join(', ')}`);
  }
  const inOrder = (given: readonly number[]): readonly number[] => {
    requireFair(market, outcomes.length, given, catalogue?.winners ?? 1);
    return places.map((place) => given[place]!);
  };
  return { key: key.value, market, catalogue, outcomes: ordered, probabilities: inOrder(probabilities), override: override === undefined ? undefined : inOrder(overrideOf(market, outcomes, override)), decided: null };
};

const overrideOf = (market: string, outcomes: readonly string[], override: Readonly<Record<string, number>>): readonly number[] => {
  const named = Object.keys(override);
  if (named.length !== outcomes.length || !outcomes.every((outcome) => named.includes(outcome))) {
    throw new VarError('outcome_unknown', `${market} has the outcomes ${outcomes.join(', ')}: other probabilities are given of all of them, not of ${named.join(', ')}`);
  }
  return outcomes.map((outcome) => override[outcome]!);
};

/** States without those that cannot come, and neighbours that no market tells apart as one. */
const merged = (probabilities: readonly number[], classes: readonly (readonly (readonly LegClass[])[])[]): { readonly probabilities: number[]; readonly from: number[] } => {
  const sums: number[] = [], from: number[] = [];
  for (const [state, p] of probabilities.entries()) {
    const last = from.at(-1);
    if (p === 0) continue;
    if (last !== undefined && classes.every((ofMarket) => ofMarket[last]!.every((result, o) => result === ofMarket[state]![o]))) sums[sums.length - 1]! += p;
    else {
      sums.push(p);
      from.push(state);
    }
  }
  const total = sums.reduce((all, p) => all + p, 0);
  return { probabilities: sums.map((p) => p / total), from };
};

/** All markets of an event that its final score decides. A low latent is a high lead of the home side; of one lead, few goals. */
const gridUnit = ({ id, score }: EventState, markets: readonly Priced[]): { readonly unit: Drawn; readonly report: GridReport } => {
  const fairOf = (of: (market: Priced) => readonly number[] | undefined) => markets.flatMap((market) => {
    const probabilities = of(market);
    return probabilities === undefined ? [] : [{ market: market.key.market, probabilities }];
  });
  const fit = scoreGrid(score ?? { home: 0, away: 0 }, fairOf(({ probabilities }) => probabilities)), views = fairOf(({ override }) => override);
  const grid = views.length === 0 ? fit : reweightedGrid(fit, views);
  const states = grid.scores.map(({ home, away }, i) => ({ home, away, probability: grid.probabilities[i]! }))
    .sort((a, b) => (b.home - b.away) - (a.home - a.away) || a.home - b.home);
  const classes = markets.map(({ key }) => {
    const rule = scoreRuleOf(key.market)!;
    return states.map(({ home, away }) => rule(home, away)!);
  });
  const { probabilities, from } = merged(states.map(({ probability }) => probability), classes);
  const leading = (side: 1 | -1): number => states.reduce((sum, { home, away, probability }) => sum + (Math.sign(home - away) === side ? probability : 0), 0);
  return {
    unit: {
      id, event: id, probabilities, isFavouriteFirst: leading(1) >= leading(-1),
      markets: new Map(markets.map(({ market, outcomes }, m) => [market, { outcomes, classes: from.map((state) => classes[m]![state]!) }])),
    },
    report: { event: id, residual: grid.residual, worstMarket: grid.worstMarket },
  };
};

/** Units of events that were asked for last. A portfolio is computed again every second, and few of its events have changed: the fit is most of a model's time. */
const fittedUnits = new Map<string, ReturnType<typeof gridUnit>>();
const MAX_FITTED = 4_096;

const fittedUnit = (event: EventState, markets: readonly Priced[]): ReturnType<typeof gridUnit> => {
  const key = JSON.stringify([event.id, event.score, markets.map(({ market, probabilities, override }) => [market, probabilities, override])]);
  let unit = fittedUnits.get(key);
  if (unit === undefined) {
    unit = gridUnit(event, markets);
    if (fittedUnits.size >= MAX_FITTED) fittedUnits.delete(fittedUnits.keys().next().value!);
    fittedUnits.set(key, unit);
  }
  return unit;
};

/** A market by itself: one state for each way in which its outcomes can end. Nobody prices a push, so there is none. */
const ownUnit = ({ market, key, outcomes, catalogue, probabilities, override, decided }: Priced): Drawn => {
  const unit = (states: readonly number[], rows: readonly (readonly LegClass[])[]): Drawn => {
    const { probabilities: kept, from } = merged(states, [rows]);
    const favourite = kept.indexOf(Math.max(...kept)), middle = kept.slice(0, favourite).reduce((sum, p) => sum + p, 0) + kept[favourite]! / 2;
    return {
      id: market, event: `${key.sport}:${key.eventId}`, probabilities: kept, isFavouriteFirst: middle <= 0.5,
      markets: new Map([[market, { outcomes, classes: from.map((state) => rows[state]!) }]]),
    };
  };
  if (decided !== null) return unit([1], [decided]);
  if (outcomes.length > MAX_STATES) throw new VarError('too_many_states', `${market}: ${outcomes.length} outcomes, and ${MAX_STATES} is the most`);
  const given = override ?? probabilities;
  if (catalogue === undefined) return unit(given, outcomes.map((_, winner) => outcomes.map((_outcome, o) => (o === winner ? 'won' : 'lost'))));
  const rows = catalogue.resultRows.filter((row) => row.every((result) => result === 'won' || result === 'lost'));
  // Of two winners a row is known by the outcome that has lost.
  return unit(rows.map((row) => (catalogue.winners === 1 ? given[row.indexOf('won')]! : Math.max(0, 1 - given[row.indexOf('lost')]!))), rows);
};

/**
 * What is drawn for these markets. All of an event that go by the final score of a game of few goals are one unit, fitted by {@link scoreGrid} from the score in play (from 0:0
 * where nobody has said one); each other market is one by itself (of a period, with overtime, an outright, of another sport), in which no stake is returned. Units of a
 * decided market have one state. An override counts instead of a market's own probabilities: of a grid it is held exactly, and all else stays as near as it can
 * to what the markets say ({@link reweightedGrid}).
 *
 * Throws a {@link VarError}: `market_unknown` (also of an override, and where the event is missing), `outcome_unknown`, `bad_probabilities`, `bad_grid`, `bad_scenario`,
 * `too_many_states`, and those of {@link correlationOf}.
 */
export const modelOf = ({ events, markets, correlation, overrides = {} }: Pick<RiskInputs, 'events' | 'markets' | 'correlation' | 'overrides'>): FittedModel => {
  const known = new Set(markets.map(({ market }) => market)), unknown = Object.keys(overrides).find((market) => !known.has(market));
  if (unknown !== undefined) throw new VarError('market_unknown', `there is no market ${unknown} to give other probabilities`);
  const states = new Map(events.map((event) => [event.id, event])), byEvent = new Map<string, Priced[]>();
  for (const market of markets.map((one) => priced(one, overrides))) {
    const id = `${market.key.sport}:${market.key.eventId}`;
    byEvent.set(id, [...byEvent.get(id) ?? [], market]);
  }
  const drawn: Drawn[] = [], traits: UnitTraits[] = [], grids: GridReport[] = [];
  for (const [id, ofEvent] of byEvent) {
    const event = states.get(id);
    if (event === undefined) throw new VarError('market_unknown', `${ofEvent[0]!.market}: there is no event ${id}`);
    const isOnGrid = ({ key, decided }: Priced): boolean => decided === null && goalSports.has(key.sport) && isScoreMarket(key.market);
    const onGrid = ofEvent.filter(isOnGrid), units = ofEvent.filter((market) => !isOnGrid(market)).map(ownUnit);
    if (onGrid.length > 0) {
      const { unit, report } = fittedUnit(event, onGrid);
      units.unshift(unit);
      grids.push(report);
    }
    drawn.push(...units);
    for (const unit of units) traits.push({ id: unit.id, sport: ofEvent[0]!.key.sport, competition: event.competition, startsAtMs: event.startsAtMs, isFavouriteFirst: unit.isFavouriteFirst });
  }
  const { factors, loadings, changedBy, largestDeviation } = correlationOf(traits, correlation);
  return {
    model: { factors, units: drawn.map(({ isFavouriteFirst: _, ...unit }, u) => ({ ...unit, loadings: loadings[u]! })) },
    grids, correlation: { changedBy, largestDeviation },
  };
};
