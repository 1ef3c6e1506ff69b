import t from 'tap';
import fc from 'fast-check';
import type { ControlRecord } from '../../kafka/control.ts';
import { ClockRules } from './rules.ts';

const PARTITIONS = 3;
const rulesAt = (nowMs: number): ClockRules => new ClockRules({ partitions: PARTITIONS, tickAfterMs: 250, silenceMs: 15_000, gapMs: 2_000 }, nowMs);
const status = (control: 'up' | 'down' | 'confirm', provider = 'acme'): ControlRecord => ({ control, provider, timestamp: 1 });

/** Listens without a gap over a time, and says who fell silent when. */
const listen = (rules: ClockRules, fromMs: number, toMs: number): [number, string][] => {
  const silent: [number, string][] = [];
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += 100) {
    rules.heardAll(nowMs);
    for (const provider of rules.silent()) silent.push([nowMs, provider]);
  }
  return silent;
};

t.test('a partition is quiet 250 ms after its end last moved, whoever moved it', async (t) => {
  const rules = rulesAt(0);
  for (let partition = 0; partition < PARTITIONS; partition++) rules.sawEnd(partition, 10, 0);
  rules.sawEnd(1, 11, 100);
  t.same(rules.quiet(249), []);
  t.same(rules.quiet(250), [0, 2]);
  rules.ticked(0, 250);
  rules.sawEnd(2, 11, 260);
  t.same(rules.quiet(350), [1]);
  rules.sawEnd(1, 11, 360);
  t.same(rules.quiet(360), [1], 'an end that has not moved is no write');
});

t.test('its own tick, seen in the log, is nobody\'s write: the next is due 250 ms after it was sent', async (t) => {
  const rules = rulesAt(0);
  for (let partition = 0; partition < PARTITIONS; partition++) rules.sawEnd(partition, 10, 0);
  for (let partition = 0; partition < PARTITIONS; partition++) rules.ticked(partition, 300);
  rules.sawEnd(0, 11, 400);
  rules.sawEnd(1, 12, 400); //  somebody else wrote too
  rules.sawEnd(2, 10, 400); //  it has not arrived
  rules.sawEnd(2, 11, 500);
  t.same(rules.quiet(550), [0]);
  t.same(rules.quiet(650), [0, 1]);
  t.same(rules.quiet(750), [0, 1, 2]);
});

t.test('two clocks tick a quiet partition together not more than one would', async () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 90 }), (apart, delayMs) => {
    const clocks = [rulesAt(0), rulesAt(0)];
    const writes: number[] = [];
    for (let nowMs = 1; nowMs < 10_000; nowMs++) {
      for (const [index, rules] of clocks.entries()) {
        if ((nowMs + index * apart) % 100 !== 0) continue;
        rules.sawEnd(0, writes.filter((at) => at + delayMs <= nowMs).length, nowMs);
        if (rules.quiet(nowMs).includes(0)) { writes.push(nowMs); rules.ticked(0, nowMs); }
      }
    }
    const gaps = writes.slice(1).map((at, index) => at - writes[index]!);
    return Math.max(...gaps) <= 450 && writes.length <= 2 * 10_000 / 250;
  }));
});

t.test('a provider that said up before, but not for 15 s, is down: once, and again only after a new up', async (t) => {
  const rules = rulesAt(0);
  rules.heard(status('up'), 0);
  rules.heard(status('up', 'other'), 4_000);
  rules.heard(status('confirm', 'stranger'), 0);
  t.same(listen(rules, 0, 60_000), [[15_100, 'acme'], [19_100, 'other']]);
  rules.heard(status('confirm'), 60_000);
  t.same(listen(rules, 60_000, 90_000), [], 'a confirmation raises nobody');
  rules.heard(status('up'), 90_000);
  t.same(listen(rules, 90_000, 120_000), [[105_100, 'acme']]);
});

t.test('who is down already, by its feed or another clock, is not said to be down again', async (t) => {
  const rules = rulesAt(0);
  rules.heard(status('up'), 0);
  rules.heard(status('down'), 14_000);
  t.same(listen(rules, 0, 60_000), []);
});

t.test('nobody is silent while nobody listens', async (t) => {
  const rules = rulesAt(0);
  rules.heard(status('up'), 0);
  t.same(listen(rules, 0, 5_000), []);
  t.same(rules.silent(), [], 'an hour in which nothing could be read');
  t.same(listen(rules, 3_600_000, 3_615_000), [], 'then it has its time again');
  t.same(listen(rules, 3_615_100, 3_616_000), [[3_615_100, 'acme']]);
});
