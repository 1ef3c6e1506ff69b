import t from 'tap';
import { catalogueOf } from '../../../domain/market.ts';
import { scoreResult } from '../../../domain/settlement.ts';
import type { FeedMessage } from '../feed.ts';
import type { Event, OddsUpdate, Result } from '../messages.ts';
import { rungBelow } from './ladder.ts';
import { marginOf } from './pricing.ts';
import { providersOf } from './providers.ts';
import { simulatorConfig } from './simulator.ts';
import { ArbitrageScan } from './testing/scan.ts';
import { STEP_MS, World } from './world.ts';

const BASE_MS = Date.UTC(2026, 0, 1);

/** Everything a world says in so many seconds. */
const listen = (options: object, seconds: number): FeedMessage[] => {
  const world = new World(simulatorConfig.parse(options), 'test');
  const messages: FeedMessage[] = [];
  for (let step = 0; step < (seconds * 1000) / STEP_MS; step += 1) messages.push(...world.step(BASE_MS));
  return messages;
};

const updatesOf = (messages: readonly FeedMessage[]): OddsUpdate[] => messages.flatMap((message) => (message.kind === 'update' ? message.value : []));
const marketKey = ({ event_id, market }: { event_id: string; market: string }): string => `${event_id} ${market}`;
const slotKey = (update: OddsUpdate): string => `${marketKey(update)} ${update.provider}`;

/** Short matches, so that two minutes see many whole lives. */
const SEED = 2;
const brisk = listen({ seed: SEED, rate: 4000, eventMinutes: 0.4, matches: 30, markets: 200 }, 130);
const briskUpdates = updatesOf(brisk);

t.test('the same seed says the same, another seed something else', (t) => {
  const options = { seed: 4, markets: 60, matches: 12 };
  const once = JSON.stringify(listen(options, 10));
  t.ok(once === JSON.stringify(listen(options, 10)));
  t.not(once.length, JSON.stringify(listen({ ...options, seed: 5 }, 10)).length);
  t.end();
});

t.test('who plays and how it ends goes by the seed, whatever the rate and the providers', (t) => {
  const ends = (options: object): string[] =>
    listen({ eventMinutes: 0.3, matches: 10, markets: 40, ...options }, 60).flatMap((message) =>
      message.kind === 'event' && message.value.status === 'finished' ? JSON.stringify({ ...message.value, timestamp: 0 }) : []).sort();
  const few = ends({ rate: 800, providers: 4 });
  t.ok(few.length > 5);
  t.same(few, ends({ rate: 3000, providers: 12 }));
  t.end();
});

t.test('every open quote names all outcomes of a market that the catalogue knows, at prices within bounds', (t) => {
  const wrong = briskUpdates.filter(({ market, odds, lay, status }) => {
    const outcomes = status === 'open' ? catalogueOf(market)?.outcomes.toSorted().join() : '';
    const names = Object.keys(odds).sort().join();
    const layNames = Object.keys(lay ?? {}).sort().join();
    return outcomes === undefined || names !== outcomes || (layNames !== '' && layNames !== names)
      || Object.values(odds).some((price) => !(price > 1 && price <= 1000)) || Object.entries(lay ?? {}).some(([outcome, price]) => !(price > odds[outcome]!));
  });
  t.same(wrong.slice(0, 3), []);
  t.same([...new Set(briskUpdates.map(({ market }) => market.split(':')[0]))].sort(), ['1x2', 'asian_handicap', 'moneyline', 'totals']);
  t.end();
});

t.test('limits, sizes, commission and volume are those of a bookmaker or of an exchange', (t) => {
  const kinds = new Map(providersOf(SEED, 20).map(({ name, kind }) => [name, kind]));
  const open = briskUpdates.filter(({ status }) => status === 'open');
  const wrong = open.filter(({ provider, odds, limits, lay, lay_limits, commission, volume, currency }) => {
    const names = Object.keys(odds).join();
    const exchange = kinds.get(provider) === 'exchange';
    return currency !== 'EUR' || Object.keys(limits ?? {}).join() !== names || Object.values(limits ?? {}).some((limit) => !Number.isInteger(limit) || limit <= 0)
      || (Object.keys(lay ?? {}).length > 0) !== exchange || Object.keys(lay_limits ?? {}).length !== Object.keys(lay ?? {}).length
      || (commission! > 0) !== exchange || commission! > 0.05 || (volume !== null) !== exchange;
  });
  t.same(wrong.slice(0, 3), []);
  t.equal(new Set(open.map(({ provider }) => provider)).size, 20);
  t.end();
});

t.test('prices hold each provider\'s margin to within its ladder, save for palpable errors', (t) => {
  const providers = new Map(providersOf(SEED, 20).map((provider) => [provider.name, provider]));
  const before = new Map<string, OddsUpdate>();
  let palpable = 0;
  const wrong = briskUpdates.filter((update) => {
    if (update.status !== 'open') return false;
    const provider = providers.get(update.provider)!;
    const prices = Object.values(update.odds);
    const shortest = Math.min(...Object.values(before.get(slotKey(update))?.odds ?? {}));
    before.set(slotKey(update), update);
    const most = prices.reduce((sum, price) => sum + 1 / price, 0) - 1;
    const least = prices.reduce((sum, price) => sum + 1 / (provider.ladder[rungBelow(provider.ladder, price) + 1] ?? Infinity), 0) - 1;
    const fits = [false, true].some((inPlay) => {
      const margin = marginOf(provider, prices.length, inPlay);
      return most >= margin - 1e-9 && least <= margin + 1e-9;
    });
    if (fits) return false;
    palpable += 1;
    return !prices.some((price) => Math.abs(price / shortest - 10) < 0.02);
  });
  t.same(wrong.slice(0, 3), []);
  t.ok(palpable < 10, `${palpable} prices with a misplaced point`);
  t.end();
});

t.test('a palpable error is rare, and put right within seconds', (t) => {
  const shown = new Map<string, OddsUpdate>();
  const standing = new Map<string, number>();
  const lasted: number[] = [];
  for (const update of updatesOf(listen({ seed: 3, markets: 3000, matches: 120, rate: 6000 }, 60))) {
    const key = slotKey(update);
    const before = shown.get(key);
    shown.set(key, update);
    const since = standing.get(key);
    if (since !== undefined) lasted.push(update.timestamp - since);
    standing.delete(key);
    const prices = Object.entries(update.odds);
    const grew = prices.some(([outcome, price]) => price > 5 * (before?.odds[outcome] ?? Infinity) && price < 100);
    if (grew && before?.status === 'open' && !update.in_play) standing.set(key, update.timestamp);
  }
  t.ok(lasted.length > 0 && lasted.length < 20, `${lasted.length} in a minute of 3000 markets`);
  t.ok(lasted.every((ms) => ms > 300 && ms <= 13_000), lasted.join());
  t.end();
});

t.test('a market lives: open, suspended, open again, closed, and nothing after', (t) => {
  const states = new Map<string, string[]>();
  for (const update of briskUpdates) {
    const states_ = states.get(slotKey(update)) ?? [];
    states.set(slotKey(update), states_);
    if (states_.at(-1) !== update.status) states_.push(update.status!);
  }
  const lives = [...states.values()];
  t.equal(lives.filter((life) => life.includes('closed') && life.indexOf('closed') < life.length - 1).length, 0, 'nothing after closed');
  t.equal(lives.filter(([first]) => first !== 'open').length, 0, 'nothing before open');
  t.ok(lives.filter((life) => life.join().includes('open,suspended,open')).length > 500, 'suspensions end');
  const ended = new Map(brisk.flatMap((message) => (message.kind === 'event' && message.value.status === 'finished' ? [[message.value.event_id, message.value.timestamp]] : [])));
  t.ok(ended.size > 40);
  const last = new Map(briskUpdates.map((update) => [slotKey(update), update]));
  const left = [...last.values()].filter(({ event_id, status }) => status !== 'closed' && (ended.get(event_id) ?? Infinity) < BASE_MS + 110_000);
  t.same(left.slice(0, 3), [], 'all is closed some time after the end');
  const late = briskUpdates.filter(({ event_id, status, timestamp }) => status === 'open' && timestamp > (ended.get(event_id) ?? Infinity) + 2000);
  t.same(late.slice(0, 3), [], 'and nobody quotes two seconds after it');
  t.end();
});

t.test('a goal suspends and new prices follow', (t) => {
  const goals = brisk.flatMap((message, at) => {
    if (message.kind !== 'event' || message.value.sport !== 'football' || message.value.status !== 'live') return [];
    return (message.value.home_score ?? 0) + (message.value.away_score ?? 0) > 0 && message.value.timestamp > BASE_MS ? [{ at, event: message.value }] : [];
  });
  t.ok(goals.length > 20);
  const answered = goals.filter(({ at, event }) => {
    const sharp = updatesOf(brisk.slice(at, at + 20_000)).filter(({ event_id, provider, timestamp }) =>
      event_id === event.event_id && provider === 'keystrel' && timestamp < event.timestamp + 4000);
    const within = (fromMs: number, toMs: number): OddsUpdate[] => sharp.filter(({ timestamp }) => timestamp - event.timestamp > fromMs && timestamp - event.timestamp < toMs);
    return !within(450, 1000).some(({ status }) => status === 'open') && within(1000, 4000).length > 0;
  });
  t.ok(answered.length > 0.8 * goals.length, `${answered.length} of ${goals.length}: the sharp provider quotes nothing from 0.45 s to 1 s after a goal, and again afterwards unless the match ends`);
  t.end();
});

t.test('an event is scheduled, live with its score, finished; then it is settled, by its score in the end', (t) => {
  const events = new Map<string, Event[]>();
  const order = ['scheduled', 'live', 'finished'];
  for (const message of brisk) if (message.kind === 'event') events.set(message.value.event_id, [...(events.get(message.value.event_id) ?? []), message.value]);
  for (const said of events.values()) {
    const ranks = said.map(({ status }) => order.indexOf(status!));
    if (ranks.some((rank, at) => at > 0 && rank < ranks[at - 1]!)) t.fail(`${said[0]!.event_id}: ${ranks.join()}`);
    if (said.some(({ status, timestamp, starts_at }) => status === 'scheduled' && starts_at < timestamp)) t.fail(`${said[0]!.event_id} is scheduled in the past`);
    if (said.some(({ status, home_score }) => (status === 'scheduled') !== (home_score === null))) t.fail(`${said[0]!.event_id}: a score before the start`);
  }
  const settled = new Map<string, string[]>();
  let rollbacks = 0;
  const known = new Map<string, Event>();
  brisk.forEach((message) => {
    if (message.kind === 'event') known.set(message.value.event_id, message.value);
    if (message.kind !== 'result') return;
    const { value } = message;
    const key = marketKey(value);
    if (value.action === 'cancel' || value.action === 'rollback_cancel') return;
    const steps = [...(settled.get(key) ?? []), `${value.action} ${value.certainty}`];
    settled.set(key, steps);
    if (value.action === 'rollback_settle') rollbacks += 1;
    const event = known.get(value.event_id);
    if (event?.status !== 'finished') {
      t.fail(`${key} is settled before the end`);
      return;
    }
    const classes = scoreResult(value.market, event.home_score!, event.away_score!);
    const inOrder = (value.outcomes ?? []).map(({ result }) => result);
    if (value.action === 'settle' && classes?.join() !== inOrder.join()) t.fail(`${key} is settled as ${inOrder.join()}`);
  });
  // What is thought better of later is looked at in a test of its own.
  const lives = new Set([...settled.values()].map((steps) => steps.join().replace(/,rollback_settle confirmed.*/, '')));
  lives.delete('settle live');
  t.same([...lives].sort(), ['settle live,rollback_settle live,settle confirmed', 'settle live,settle confirmed'], 'first live, then for good');
  t.ok(rollbacks > 0 && rollbacks < 0.1 * settled.size, `${rollbacks} of ${settled.size} settlements are taken back`);
  t.end();
});

t.test('of few contests the scorer thinks better after all was settled for good, and of few the bets of some minutes are void', (t) => {
  // Many contests of twelve seconds, quoted by two.
  const messages = listen({ seed: 1, rate: 2_000, eventMinutes: 0.2, matches: 80, markets: 160, providers: 2 }, 150);
  const markets = new Map<string, Result[]>();
  for (const message of messages) if (message.kind === 'result') markets.set(marketKey(message.value), [...(markets.get(marketKey(message.value)) ?? []), message.value]);
  const eventsOf = (keys: readonly string[]): number => new Set(keys.map((key) => key.split(' ')[0])).size;
  const all = eventsOf([...markets.keys()]), corrected: string[] = [], windowed: string[] = [];
  let takenBack = 0;
  for (const [key, said] of markets) {
    const settlements = said.filter(({ action }) => action.endsWith('settle')), again = settlements.findIndex(({ action, certainty }) => action === 'rollback_settle' && certainty === 'confirmed');
    if (again >= 0) {
      corrected.push(key);
      const before = settlements[again - 1]!, rollback = settlements[again]!, after = settlements[again + 1];
      // 90 minutes of a match are twelve seconds, or eighteen: ten minutes are more than one.
      if (!(before.action === 'settle' && before.certainty === 'confirmed' && rollback.timestamp > before.timestamp + 1_000)) t.fail(`${key} is taken back too early`);
      if (after !== undefined && (after.timestamp <= rollback.timestamp || JSON.stringify(after.outcomes) === JSON.stringify(before.outcomes))) t.fail(`${key} is settled again as it was`);
    }
    const [cancel, back] = said.filter(({ action }) => action.endsWith('cancel'));
    if (cancel === undefined) continue;
    windowed.push(key);
    if (cancel.action !== 'cancel' || !(cancel.void_from! < cancel.void_until! && cancel.void_until! <= cancel.timestamp)) t.fail(`${key}: a window that does not lie behind what is said of it`);
    if (back === undefined) continue;
    takenBack += 1;
    if (back.action !== 'rollback_cancel' || back.timestamp <= cancel.timestamp || back.void_from !== cancel.void_from || back.void_until !== cancel.void_until) t.fail(`${key}: a window is taken back as another`);
  }
  t.ok(eventsOf(corrected) > 2 && eventsOf(corrected) < 0.08 * all, `${eventsOf(corrected)} of ${all} contests are corrected`);
  t.ok(windowed.length > 2 && windowed.length < 0.08 * all, `${windowed.length} have a void window`);
  t.ok(takenBack > 0 && takenBack < windowed.length, `${takenBack} of them are taken back`);
  t.end();
});

t.test('providers confirm every five seconds; one that goes down is silent, and comes back with all that stands', (t) => {
  const messages = listen({ markets: 40, matches: 10, rate: 400 }, 900);
  const downs = messages.flatMap((message, at) => (message.kind === 'status' && message.status === 'down' ? [{ at, ...message }] : []));
  t.ok(downs.length > 3, `${downs.length} outages`);
  for (const { at, provider, timestamp } of downs) {
    const up = messages.findIndex((message, index) => index > at && message.kind === 'status' && message.provider === provider && message.status === 'up');
    if (up < 0) continue;
    const between = messages.slice(at + 1, up).filter((message) => message.kind === 'status' ? message.provider === provider : message.kind === 'update' && message.value.provider === provider);
    t.equal(between.length, 0, `${provider} is silent`);
    const standing = new Map(updatesOf(messages.slice(0, at)).filter((update) => update.provider === provider).map((update) => [slotKey(update), update.status]));
    const after = updatesOf(messages.slice(up, up + 3000));
    const again = new Set(after.filter((update) => update.provider === provider).map(slotKey));
    t.same([...standing].filter(([slot, status]) => status === 'open' && !again.has(slot)), [], 'all that stood is said again');
    t.ok(after.length > 0 && after[0]!.timestamp > timestamp + 5000);
  }
  const confirms = messages.flatMap((message) => (message.kind === 'status' && message.status === 'confirm' && message.provider === 'quillmoor' ? message.timestamp : []));
  t.ok(confirms.length >= 170 && confirms.every((at, index) => index === 0 || (at - confirms[index - 1]!) % 5000 === 0));
  t.end();
});

t.test('arbitrages come and go as in life: several a minute, most of them for seconds, in a small share of the books', (t) => {
  const world = new World(simulatorConfig.parse({}), 'test');
  const scan = new ArbitrageScan();
  for (let second = 1; second <= 120; second += 1) {
    for (let step = 0; step < 50; step += 1) world.step(BASE_MS).forEach((message) => { scan.take(message); });
    scan.look(BASE_MS + second * 1000);
  }
  const backs = scan.episodes.filter(({ kind }) => kind === 'back');
  const brief = backs.filter(({ openedMs, closedMs }) => closedMs - openedMs <= 10_000).length;
  const share = scan.standing / scan.books;
  t.ok(backs.length / 2 > 30 && backs.length / 2 < 250, `${backs.length / 2} a minute`);
  t.ok(backs.some(({ inPlay }) => inPlay) && backs.some(({ inPlay }) => !inPlay), 'before the start and in play');
  t.ok(brief / backs.length > 0.9, `${brief} of ${backs.length} last at most ten seconds`);
  t.ok(backs.some(({ openedMs, closedMs }) => closedMs - openedMs >= 3000), 'and some long enough to be seen');
  t.ok(share > 0.003 && share < 0.03, `${(share * 100).toFixed(2)} % of the books at a time`);
  t.end();
});

t.test('as many markets as asked for are open, whatever the number per match', (t) => {
  for (const [markets, matches] of [[7, 7], [300, 48], [600, 20]] as const) {
    const world = new World(simulatorConfig.parse({ markets, matches }), 'test');
    world.step(BASE_MS);
    t.equal(world.facts.markets, markets);
    t.equal(world.facts.contests, matches);
  }
  t.end();
});
