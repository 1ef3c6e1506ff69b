import { VarError } from './types.ts';

/** How far, per outcome, a sum of fair probabilities may be from what it has to be. */
export const SUM_TOLERANCE = 1e-6;

/**
 * Fair probabilities as they stand: one of each outcome, from 0 to 1, and as many winners in their sum as the market has. Throws a {@link VarError}
 * `bad_probabilities` that names the market.
 */
export const requireFair = (market: string, outcomes: number, probabilities: readonly number[], winners: number): readonly number[] => {
  const failed = (why: string): VarError => new VarError('bad_probabilities', `${market}: ${why}; give one fair probability of each outcome`);
  if (probabilities.length !== outcomes) throw failed(`${outcomes} outcomes have ${probabilities.length} probabilities`);
  const wrong = probabilities.find((p) => !(p >= 0 && p <= 1));
  if (wrong !== undefined) throw failed(`a probability lies between 0 and 1, not ${wrong}`);
  const sum = probabilities.reduce((all, p) => all + p, 0);
  if (Math.abs(sum - winners) > SUM_TOLERANCE * outcomes) throw failed(`the probabilities sum to ${sum} where ${winners} win`);
  return probabilities;
};
