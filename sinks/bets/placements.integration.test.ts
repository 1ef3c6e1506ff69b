import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import type { BettingProvider, ProviderAnswer } from '../../domain/bets/provider.ts';
import { inMode } from '../../ops/migrations/database-for-tests.ts';
import { BetsDatabase, place, uuid } from './bets-for-tests.ts';

/** A provider that does as it is told, and counts how often each bet came. */
class Told implements BettingProvider {
  readonly sent = new Map<string, number>();
  readonly asked = new Map<string, number>();
  place: (reference: string) => Promise<Exclude<ProviderAnswer, { kind: 'not_found' }>> = (reference) => Promise.resolve({ kind: 'accepted', reference: `theirs-${reference}` });
  status: () => Promise<ProviderAnswer> = () => Promise.resolve({ kind: 'not_found' });
  placeBet({ reference }: { readonly reference: string }) {
    this.sent.set(reference, (this.sent.get(reference) ?? 0) + 1);
    return this.place(reference);
  }

  getBetStatus(reference: string): Promise<ProviderAnswer> {
    this.asked.set(reference, (this.asked.get(reference) ?? 0) + 1);
    return this.status();
  }

  getOdds(): Promise<number | undefined> { return Promise.resolve(undefined); }
  getAccountBalance(): Promise<ReadonlyMap<string, number>> { return Promise.resolve(new Map()); }
}
const never = (): Promise<never> => new Promise(() => undefined);
const ANSWER_MS = 200;

await inMode(t, 'plain', async (t, db) => {
  const bets = await BetsDatabase.open(t, db), commands = await bets.commands();
  bets.nowMs = Date.now(); //  the server's clock has its say in who is asked again
  const cutter = await db.connect('postgres');
  let made = 0;
  await commands.poll([{ action: 'open_account', account_id: 'ada', command_id: uuid(++made), currency: 'GBP' }, { action: 'deposit', account_id: 'ada', command_id: uuid(++made), currency: 'GBP', amount_minor: 1_000_000 }]);
  const sent = async (count = 1): Promise<string[]> => {
    const ids = Array.from({ length: count }, () => ++made);
    await commands.poll(ids.map((n) => place('ada', n, { provider: 'exchange' })));
    return ids.map((n) => uuid(n));
  };
  const isNow = (id: string, status: string): Promise<void> => bets.until(`${id} is ${status}`, `SELECT status = '${status}' FROM bets WHERE id = '${id}'`);
  const bet = async (id: string) => (await bets.rows('SELECT status, code, provider_ref, liability_minor::int FROM bets WHERE id = $1', [id]))[0];

  await t.test('who answers and who refuses', async (t) => {
    const provider = new Told(), placements = bets.placements(provider), [yes, no] = await sent(2);
    provider.place = (reference) => Promise.resolve(reference === no ? { kind: 'rejected', code: 'suspended' } : { kind: 'accepted', reference: 'theirs' });
    await isNow(yes!, 'accepted');
    await isNow(no!, 'rejected');
    t.match([await bet(yes!), await bet(no!)], [{ provider_ref: 'theirs', liability_minor: 1_000 }, { code: 'suspended', liability_minor: 0 }]);
    await placements.close();
    t.strictSame([[...provider.sent.values()], provider.asked.size], [[1, 1], 0]);
    t.strictSame(await bets.wrong(), []);
  });

  await t.test('who does not answer is asked, and not sent the bet again', async (t) => {
    for (const [answer, status, code] of [[{ kind: 'accepted', reference: 'late' }, 'accepted', null], [{ kind: 'rejected', code: 'closed' }, 'rejected', 'closed'], [{ kind: 'not_found' }, 'rejected', 'never_arrived']] as const) {
      const provider = new Told(), [id] = await sent(), troubles: string[] = [];
      provider.place = answer.kind === 'not_found' ? () => Promise.reject(new Error('the line is dead')) : never;
      provider.status = () => Promise.reject(new Error('not now'));
      const placements = bets.placements(provider, { answerMs: ANSWER_MS, onTrouble: (message) => { troubles.push(message); } });
      await isNow(id!, 'unknown');
      bets.nowMs += 10_000;
      while (!provider.asked.has(id!)) await wait(5);
      await wait(300);
      const asked = provider.asked.get(id!)!;
      t.ok(asked <= 2, `asked ${asked} times while its own time stood still, not at every look`);
      t.strictSame(await bet(id!), { status: 'unknown', code: null, provider_ref: null, liability_minor: 1_000 }, 'what nobody knows stays at stake');
      provider.status = () => Promise.resolve(answer);
      bets.nowMs += 10_000;
      await isNow(id!, status);
      t.match(await bet(id!), { code });
      t.match(troubles[0], /nobody knows whether exchange took the bet/);
      await placements.close();
      t.equal(provider.sent.get(id!), 1);
    }
    t.strictSame(await bets.wrong(), []);
  });

  await t.test('what a provider does not know yet may still be on its way', async (t) => {
    const provider = new Told(), [id] = await sent();
    provider.place = () => Promise.reject(new Error('the line is dead'));
    const placements = bets.placements(provider, { answerMs: 5_000 });
    await isNow(id!, 'unknown');
    bets.nowMs += 10_000;
    while (!provider.asked.has(id!)) await wait(5);
    await wait(200);
    t.match(await bet(id!), { status: 'unknown', liability_minor: 1_000 }, 'its stake is not given back');
    bets.nowMs += 60_000;
    await isNow(id!, 'rejected');
    t.match(await bet(id!), { code: 'never_arrived', liability_minor: 0 });
    await placements.close();
    t.strictSame(await bets.wrong(), []);
  });

  await t.test('that a provider did not know it yet is held against when it was asked, however late that is written', async (t) => {
    const provider = new Told(), [id] = await sent();
    provider.place = () => Promise.reject(new Error('the line is dead'));
    const placements = bets.placements(provider, { answerMs: 5_000 });
    await isNow(id!, 'unknown');
    provider.status = () => {
      bets.nowMs += 60_000;
      return Promise.resolve({ kind: 'not_found' });
    };
    bets.nowMs += 10_000;
    await isNow(id!, 'rejected');
    await placements.close();
    t.ok(provider.asked.get(id!)! >= 2, 'it is asked again first');
    t.strictSame(await bets.wrong(), []);
  });

  await t.test('those who were asked long ago do not stand before what is new', async (t) => {
    const provider = new Told(), hung = await sent(210);
    provider.place = never;
    provider.status = never;
    const placements = bets.placements(provider, { answerMs: 50 });
    await bets.until('all are unknown', `SELECT count(*) = 210 FROM bets WHERE status = 'unknown'`);
    provider.place = (reference) => Promise.resolve({ kind: 'accepted', reference });
    bets.nowMs += 3_600_000;
    const [id] = await sent();
    await isNow(id!, 'accepted');
    provider.status = () => Promise.resolve({ kind: 'rejected', code: 'no' });
    bets.nowMs += 3_600_000;
    await bets.until('all are decided', `SELECT count(*) = 0 FROM bets WHERE status = 'unknown'`);
    await placements.close();
    t.ok(hung.every((one) => provider.sent.get(one) === 1));
    t.strictSame(await bets.wrong(), []);
  });

  await t.test('a provider that does not answer holds up no other, and is asked no more than it has to', async (t) => {
    const hanging = new Told(), other = new Told(), hung = await sent(350), [id] = await sent();
    await bets.rows(`UPDATE bets SET bookmaker_id = 'other' WHERE id = $1`, [id]);
    hanging.place = never;
    const placements = bets.placements(hanging, { answerMs: 3_000, providerOf: (name) => (name === 'other' ? other : hanging) });
    await isNow(id!, 'accepted');
    t.strictSame([hanging.sent.size, await bets.rows(`SELECT status, count(*)::int FROM bets WHERE id = ANY ($1::uuid[]) GROUP BY 1`, [hung])], [200, [{ status: 'submitted', count: 350 }]], 'while 200 wait for their answers');
    await placements.close();
    t.strictSame(await bets.rows(`SELECT status, count(*)::int FROM bets WHERE id = ANY ($1::uuid[]) GROUP BY 1 ORDER BY 1`, [hung]), [{ status: 'submitted', count: 150 }, { status: 'unknown', count: 200 }], 'what was open when it was told to stop is written before it does');
  });

  await t.test('of two at work, and of one that is cut off anywhere, each bet is sent at most once', async (t) => {
    const provider = new Told();
    provider.place = async (reference) => { await wait(Math.random() * 20); return Math.random() < 0.3 ? Promise.reject(new Error('lost')) : { kind: 'accepted', reference }; };
    provider.status = () => Promise.resolve({ kind: 'accepted', reference: 'found' });
    const all: string[] = [], both = [bets.placements(provider, { answerMs: ANSWER_MS }), bets.placements(provider, { answerMs: ANSWER_MS })];
    for (let round = 0; round < 30; round++) {
      all.push(...await sent(5));
      // The server cuts off whoever is at it.
      await wait(Math.random() * 30);
      await cutter.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%placements' AND random() < 0.7`);
      bets.nowMs += 5_000;
    }
    const ticking = setInterval(() => { bets.nowMs += 5_000; }, 50);
    await bets.until('all are decided', `SELECT count(*) = 0 FROM bets WHERE status IN ('submitted', 'unknown')`).finally(() => { clearInterval(ticking); });
    for (const one of both) { one.check(); await one.close(); }
    t.strictSame(all.filter((id) => (provider.sent.get(id) ?? 0) > 1), []);
    t.ok(all.filter((id) => provider.sent.get(id) === 1).length > 50);
    t.strictSame(await bets.rows(`SELECT status FROM bets WHERE id = ANY ($1::uuid[]) GROUP BY status`, [all]), [{ status: 'accepted' }]);
    t.strictSame(await bets.wrong(), []);
  });
});
