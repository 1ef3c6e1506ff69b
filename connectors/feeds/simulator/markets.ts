import { catalogueOf, formatMarket } from '../../../domain/market.ts';
import type { Sport } from './names.ts';
import type { ScoreModel } from './score-model.ts';

/** A market of a contest, and how the score model sees it. */
export interface SimulatedMarket {
  readonly name: string;
  readonly outcomes: readonly string[];
  /** Share of the first outcome; of three, `drawn` is the second's. */
  readonly first: (model: ScoreModel) => number;
  readonly three: boolean;
  /** Which of the three sets of outcomes it has. */
  readonly shape: Shape;
}

/** Sets of outcomes: home, draw, away; home, away; over, under. */
export type Shape = 'result' | 'sides' | 'totals';

/** The most markets that a contest of this sport can have. */
export const MOST_MARKETS: Readonly<Record<Sport, number>> = { football: 40, tennis: 7, basketball: 40 };

const marketOf = (type: string, line: number | undefined, first: (model: ScoreModel) => number): SimulatedMarket => {
  const name = formatMarket(line === undefined ? { type } : { type, line });
  const outcomes = catalogueOf(name)?.outcomes;
  if (outcomes === undefined) throw new RangeError(`the catalogue does not know ${name}`);
  return { name, outcomes, first, three: outcomes.length === 3, shape: outcomes.length === 3 ? 'result' : outcomes[0] === 'over' ? 'totals' : 'sides' };
};

const totals = (line: number): SimulatedMarket => marketOf('totals', line, (model) => model.overShare(line));
const handicap = (line: number): SimulatedMarket => marketOf('asian_handicap', line, (model) => model.homeShare(line));

/** The lines of a grid from the one whose share is nearest to one half outwards: 0, +1, −1, +2 … steps. */
const fromTheMiddle = function* (share: (line: number) => number, from: number, to: number, step: number): Generator<number> {
  let middle = from;
  for (let line = from; line <= to; line += step) {
    if (Math.abs(share(line) - 0.5) < Math.abs(share(middle) - 0.5)) middle = line;
  }
  yield middle;
  for (let away = step; middle + away <= to || middle - away >= from; away += step) {
    if (middle + away <= to) yield middle + away;
    if (middle - away >= from) yield middle - away;
  }
};

const gridsOf = (sport: Sport): { readonly totals: readonly [number, number, number]; readonly handicap: readonly [number, number, number] } => {
  switch (sport) {
    case 'football': return { totals: [0.5, 5.5, 0.5], handicap: [-3.5, 3.5, 0.25] };
    case 'tennis': return { totals: [3.5, 4.5, 1], handicap: [-2.5, 2.5, 1] };
    case 'basketball': return { totals: [180.5, 280.5, 1], handicap: [-30.5, 30.5, 1] };
  }
};

/** The `count` markets of a contest, the winner first, then totals and handicaps by turns from the middle lines outwards. Assess the model first. */
export const marketsOf = (sport: Sport, model: ScoreModel, count: number): readonly SimulatedMarket[] => {
  const grids = gridsOf(sport);
  const winner = marketOf(sport === 'football' ? '1x2' : 'moneyline', undefined, (assessed) => assessed.homeWins());
  const overs = fromTheMiddle((line) => model.overShare(line), ...grids.totals);
  const starts = fromTheMiddle((line) => model.homeShare(line), ...grids.handicap);
  const markets = [winner];
  while (markets.length < count) {
    const before = markets.length;
    const over = overs.next();
    if (!over.done) markets.push(totals(over.value));
    const start = starts.next();
    if (!start.done && (sport !== 'tennis' || Math.abs(start.value) > 1)) markets.push(handicap(start.value));
    if (over.done === true && start.done === true && markets.length === before) break;
  }
  return markets.slice(0, count);
};
