import fc from 'fast-check';
import t from 'tap';
import { catalogueOf, formatLine, formatMarket, formatRecordKey, MarketError, parseMarket, parseRecordKey } from './market.ts';

t.test('a market name in its parts', async (t) => {
  t.same(parseMarket('1x2'), { ok: true, value: { type: '1x2' } });
  t.same(parseMarket('1x2.h1'), { ok: true, value: { type: '1x2', period: 'h1' } });
  t.same(parseMarket('totals:2.5'), { ok: true, value: { type: 'totals', line: 2.5 } });
  t.same(parseMarket('totals.h1:1'), { ok: true, value: { type: 'totals', period: 'h1', line: 1 } });
  t.same(parseMarket('asian_handicap:-0.75'), { ok: true, value: { type: 'asian_handicap', line: -0.75 } });
});

t.test('what is no market name is an error that says why', async (t) => {
  const codes: Record<string, string> = {
    '': 'market_malformed', 'Match Odds': 'market_malformed', '1x2.': 'market_malformed', '1x2.h1.q1': 'market_malformed',
    'totals:': 'market_malformed', 'totals:x': 'market_malformed', 'totals: ': 'market_malformed', 'totals:Infinity': 'market_malformed',
    'totals:1e400': 'market_malformed', 'totals:1e21': 'market_malformed',
    'totals:2.50': 'line_not_canonical', 'totals:+2.5': 'line_not_canonical', 'totals:02.5': 'line_not_canonical',
    'totals:2.': 'line_not_canonical', 'totals:.5': 'line_not_canonical', 'asian_handicap:-0': 'line_not_canonical',
    'totals:0x10': 'line_not_canonical', 'totals:1e1': 'line_not_canonical', 'totals: 2.5': 'line_not_canonical',
  };
  for (const [name, code] of Object.entries(codes)) {
    const parsed = parseMarket(name);
    t.ok(!parsed.ok && parsed.error instanceof MarketError && parsed.error.code === code, `${name}: ${code}`);
  }
  const parsed = parseMarket('totals:2.50');
  t.match(!parsed.ok && parsed.error.message, /write the line as 2\.5$/);
});

t.test('one market, one name', async (t) => {
  const part = fc.stringMatching(/^[a-z0-9_]{1,8}$/);
  const line = fc.integer({ min: -2000, max: 2000 }).map((quarters) => quarters / 4);
  fc.assert(fc.property(part, fc.option(part, { nil: undefined }), fc.option(line, { nil: undefined }), (type, period, line) => {
    const market = { type, ...(period === undefined ? {} : { period }), ...(line === undefined ? {} : { line }) };
    const name = formatMarket(market);
    const parsed = parseMarket(name);
    t.ok(parsed.ok && formatMarket(parsed.value) === name, name);
  }));
  t.equal(formatLine(-0), '0');
  t.equal(formatMarket({ type: 'asian_handicap', line: -0 }), 'asian_handicap:0');
});

t.test('record keys', async (t) => {
  t.same(parseRecordKey('soccer:e1:totals:2.5'), { ok: true, value: { sport: 'soccer', eventId: 'e1', market: 'totals:2.5' } });
  for (const bad of ['', 'soccer', 'soccer:e1', 'soccer:e1:', ':e1:1x2', 'soccer::1x2', '::']) {
    const parsed = parseRecordKey(bad);
    t.ok(!parsed.ok && parsed.error.code === 'key_malformed', `"${bad}"`);
  }
  const text = fc.string({ minLength: 1 });
  const withoutColon = text.filter((part) => !part.includes(':'));
  fc.assert(fc.property(withoutColon, withoutColon, text, (sport, eventId, market) => {
    t.same(parseRecordKey(formatRecordKey({ sport, eventId, market })), { ok: true, value: { sport, eventId, market } });
  }));
});

t.test('the catalogue: outcomes, winners and how a line settles', async (t) => {
  t.same(catalogueOf('1x2')?.outcomes, ['home', 'draw', 'away']);
  t.equal(catalogueOf('1x2.h1'), catalogueOf('1x2'), 'the same object for every period');
  t.same(catalogueOf('double_chance')?.outcomes, ['home_draw', 'home_away', 'draw_away']);
  t.equal(catalogueOf('double_chance')?.winners, 2);
  t.same(catalogueOf('btts')?.resultRows, [['won', 'lost'], ['lost', 'won']]);
  t.same(catalogueOf('moneyline')?.resultRows, [['won', 'lost'], ['lost', 'won'], ['push', 'push']]);
  t.same(catalogueOf('totals:2.5')?.resultRows, [['won', 'lost'], ['lost', 'won']]);
  t.same(catalogueOf('totals:3')?.resultRows[2], ['push', 'push']);
  t.same(catalogueOf('totals:2.25')?.resultRows[2], ['half_lost', 'half_won'], 'two goals');
  t.same(catalogueOf('totals:2.75')?.resultRows[2], ['half_won', 'half_lost'], 'three goals');
  t.same(catalogueOf('asian_handicap:-0.25')?.resultRows[2], ['half_lost', 'half_won'], 'a draw');
  t.same(catalogueOf('asian_handicap:0.25')?.resultRows[2], ['half_won', 'half_lost'], 'a draw');
  t.same(catalogueOf('asian_handicap:-0.75')?.resultRows[2], ['half_won', 'half_lost'], 'home by one');
  t.same(catalogueOf('asian_handicap:0')?.resultRows[2], ['push', 'push']);
  t.same(catalogueOf('european_handicap:-1')?.outcomes, ['home', 'draw', 'away']);
  t.equal(catalogueOf('totals:2.5'), catalogueOf('totals:220.5'), 'lines that settle alike share one object');
});

t.test('a market of which not all outcomes are known has no catalogue', async (t) => {
  for (const name of [
    'winner', 'outright', 'Match Odds', 'totals', '1x2:1', 'totals:2.3', 'totals:0', 'totals:-2.5', 'asian_handicap', 'asian_handicap:0.1',
    'european_handicap:0.5', 'european_handicap', 'totals:2.50', 'constructor',
  ]) t.equal(catalogueOf(name), undefined, name);
});

t.test('in every row of every catalogue as many win as the catalogue says, halves and pushes aside', async (t) => {
  for (const name of ['1x2', 'moneyline', 'draw_no_bet', 'double_chance', 'btts', 'totals:1.25', 'asian_handicap:-1', 'european_handicap:2']) {
    const catalogue = catalogueOf(name);
    if (catalogue === undefined) throw new Error(`no catalogue of ${name}`);
    for (const row of catalogue.resultRows) {
      t.equal(row.length, catalogue.outcomes.length);
      if (row.includes('won')) t.equal(row.filter((result) => result === 'won').length, catalogue.winners, name);
      else t.ok(row.every((result) => result === 'push') || (row.includes('half_won') && row.includes('half_lost')), name);
    }
  }
});
