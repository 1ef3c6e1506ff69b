import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { readStatement, readStatementFile } from './statement.ts';

const header = 'reference,stake,price,profit,currency,settled_at,outcome\n';
const bet = { reference: 'A1', stakeMinor: 200, priceE4: 12_200, profitMinor: -44, currency: 'GBP', settledAtMs: Date.parse('2026-03-01T18:00:00Z'), outcome: 'LOST' };

t.test('CSV', async (t) => {
  t.same(readStatement(`${header}A1,2.00,1.22,-0.44,GBP,2026-03-01T18:00:00Z,LOST\n`, 's.csv'), [bet]);
  t.same(readStatement('\uFEFFOutcome,Note,reference,STAKE,price,profit,settled_at\r\nLOST,"a, b",A1,2,1.22,-0.44,2026-03-01T19:00:00+01:00\r\n', 's.csv', 'GBP'), [bet],
    'columns in any order, others beside them, the currency given');
  t.same(readStatement(`${header}A2,1000,3,0.00,JPY,2026-03-01T18:00:00Z,\n`, 's.csv'),
    [{ ...bet, reference: 'A2', stakeMinor: 1_000, priceE4: 30_000, profitMinor: 0, currency: 'JPY', outcome: '' }]);
});

const order = { betId: 'A1', side: 'LAY', betOutcome: 'LOST', priceMatched: 1.22, sizeSettled: 2, profit: -0.44, settledDate: '2026-03-01T18:00:00.000Z' };
const page = (orders: readonly unknown[], moreAvailable = false) => ({ clearedOrders: orders, moreAvailable });

t.test('cleared orders', async (t) => {
  t.same(readStatement(JSON.stringify(page([order])), 's.json', 'GBP'), [bet]);
  t.same(readStatement(JSON.stringify({ jsonrpc: '2.0', result: page([order]), id: 1 }), 's.json', 'GBP'), [bet]);
  t.same(readStatement(JSON.stringify([page([order], true), { result: page([{ ...order, betId: 'A2' }]) }]), 's.json', 'GBP'), [bet, { ...bet, reference: 'A2' }], 'all pages');
});

t.test('what is wrong is said with its place', async (t) => {
  for (const [text, code, says] of [
    ['', 'statement_malformed', /empty/],
    ['reference,stake\nA1,2\n', 'statement_malformed', /line 1: the header lacks price, profit, settled_at, outcome/],
    [`${header}A1,2,1.22,-0.44,GBP,2026-03-01T18:00:00Z,LOST\nA2,2,one,0,GBP,2026-03-01T18:00:00Z,LOST\n`, 'statement_malformed', /line 3: price: give a decimal price/],
    [`${header}A1,2,1,0,GBP,2026-03-01T18:00:00Z,LOST\n`, 'statement_malformed', /line 2: price: 1 is no decimal price above 1/],
    [`${header}A1,2.001,1.5,0,GBP,2026-03-01T18:00:00Z,LOST\n`, 'statement_malformed', /line 2: stake: 2\.001 GBP: GBP has 2 decimals/],
    [`${header}A1,-2,1.5,0,GBP,2026-03-01T18:00:00Z,LOST\n`, 'statement_malformed', /line 2: stake: -2 is below zero/],
    [`${header}A1,2,1.5,lost,GBP,2026-03-01T18:00:00Z,LOST\n`, 'statement_malformed', /line 2: profit: "lost" is no amount/],
    [`${header}A1,2,1.5,0,GBP,1 March,LOST\n`, 'statement_malformed', /line 2: settled_at: give a time with its zone/],
    [`${header},2,1.5,0,GBP,2026-03-01T18:00:00Z,LOST\n`, 'statement_malformed', /line 2: reference: a bet needs a reference/],
    [`${header}A1,2,1.5,0,,2026-03-01T18:00:00Z,LOST\n`, 'currency_missing', /line 2: of which currency/],
    [`${header}A1,2,1.5,0,GBP\n`, 'statement_malformed', /line 2/],
    ['{\n "clearedOrders": [\n oops', 'statement_malformed', /line 3: it is no JSON/],
    ['{"orders": []}', 'statement_malformed', /clearedOrders is missing/],
    [JSON.stringify(page([order], true)), 'statement_incomplete', /more is available/],
    [JSON.stringify(page([order])), 'currency_missing', /--currency/],
  ] as const) t.throws(() => readStatement(text, 's', undefined), { name: 'StatementError', code, message: says }, String(says));
  t.throws(() => readStatement(JSON.stringify(page([order, { ...order, betId: 'A2', profit: '1' }])), 's', 'GBP'), { message: /order 2 \(betId A2\): profit:/ });
  t.throws(() => readStatementFile('nowhere.csv'), { code: 'statement_unreadable', message: /nowhere\.csv cannot be read/ });
});

const sample = new URL('../../../shared/data/betfair/samples/list_cleared_orders.json', import.meta.url);

t.test('a real answer', { skip: existsSync(sample) ? false : 'SKIPPED: no real data at ../shared/data' }, async (t) => {
  const text = readFileSync(sample, 'utf8');
  t.throws(() => readStatement(text, 's', 'GBP'), { code: 'statement_incomplete' }, 'it is the first page of several');
  const [real] = readStatement(text.replace('"moreAvailable": true', '"moreAvailable": false').replace('"moreAvailable":true', '"moreAvailable":false'), 's', 'GBP');
  t.match(real, { stakeMinor: 200, priceE4: 12_200, profitMinor: -44, outcome: 'LOST' });
});
