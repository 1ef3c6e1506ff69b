import t from 'tap';
import type { MarketState } from '../../domain/var/inputs.ts';
import pipeline, { inputsOf } from './pipeline.ts';
import type { Snapshot } from './watch.ts';

const market = (name: string, isDecided = false): MarketState => ({ market: name, outcomes: ['home', 'draw', 'away'], probabilities: [0.5, 0.3, 0.2], decided: isDecided ? ['won', 'lost', 'lost'] : null });
const snapshot = { portfolio: 'house', timestampMs: 0, positions: [], events: [], markets: [market('football:e1:1x2'), market('football:e2:1x2', true)] } as unknown as Snapshot;
const own = { home: 0.6, draw: 0.25, away: 0.15 };

t.test('probabilities of one\'s own are taken for markets that are open and bet on, and for no others', (t) => {
  const config = pipeline.config.parse({ currency: 'EUR', overrides: { 'football:e1:1x2': own, 'football:e2:1x2': own, 'football:e3:1x2': own } });
  t.strictSame(inputsOf(snapshot, config).overrides, { 'football:e1:1x2': own });
  t.notOk('overrides' in inputsOf(snapshot, { ...config, overrides: { 'football:e2:1x2': own } }), 'where there are none left nothing is said of them: the inputs are those of a run without');
  t.end();
});

t.test('they are no probabilities unless each lies between 0 and 1', (t) => {
  t.notOk(pipeline.config.safeParse({ currency: 'EUR', overrides: { 'football:e1:1x2': { home: 1.2 } } }).success);
  t.end();
});
