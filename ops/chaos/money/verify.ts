import pg from 'pg';
import { PatientRegistry } from '../../../connectors/kafka/patient-registry.ts';
import { Desk } from '../../../domain/bets/desk.ts';
import { type Fact, factKey, OPEN_FROM_MS, OPEN_UNTIL_MS, replaces } from '../../../domain/bets/facts.ts';
import { ValueDecoder, type Decoded } from '../../../connectors/kafka/decode.ts';
import type { BetCommand } from '../../../schemas/generated/bet-command.ts';
import type { BetEvent } from '../../../schemas/generated/bet-event.ts';
import type { Result } from '../../../schemas/generated/result.ts';
import { topicName, topics } from '../../../schemas/topics.ts';
import { lockAccounts, lockBets } from '../../../sinks/bets/load.ts';
import { checkLedger } from '../../ledger/ledger.ts';
import type { StackAddresses } from '../../stack/stack.ts';
import { LogReader } from '../log.ts';
import type { Check } from '../verify.ts';

const SHOWN = 5;

interface Logged<Value> { readonly partition: number; readonly offset: number; readonly value: Value }

/**
 * What must hold once all is at rest: no command lost and none answered twice, the topic equal to the outbox, the ledger balanced and the rows what it says, and every bet as the results that lie in
 * the log make it, by a fold of them that has nothing to do with how they were taken in.
 */
export const verifyMoney = async ({ brokers, registryUrl, postgres }: StackAddresses): Promise<readonly Check[]> => {
  const checks: Check[] = [];
  const add = (check: string, compared: number, wrong: readonly unknown[], text = `${wrong.length} are wrong`): void => {
    checks.push({ check, compared, violations: wrong.length === 0 ? [] : [{ check, text, first: wrong.slice(0, SHOWN) }] });
  };
  const client = new pg.Client({ connectionString: postgres.owner.url });
  await client.connect();
  const reader = await LogReader.connect(brokers), decoder = new ValueDecoder(new PatientRegistry(registryUrl, { namespace: '' }));
  try {
    const commands = await read<BetCommand>(reader, decoder, topics.betCommands);
    const events = await read<BetEvent>(reader, decoder, topics.betEvents);
    const results = await read<Result>(reader, decoder, topics.results);

    const answers = new Map<string, BetEvent[]>();
    for (const { value } of events) {
      if (value.source_topic !== topics.betCommands.name) continue;
      const key = `${value.source_partition}/${value.source_offset}`;
      answers.set(key, [...answers.get(key) ?? [], value]);
    }
    const unanswered: unknown[] = [], twice: unknown[] = [], decided = new Set<string>();
    for (const { partition, offset, value } of commands) {
      const of = answers.get(`${partition}/${offset}`) ?? [], isFirst = !decided.has(value.command_id);
      decided.add(value.command_id);
      if (of.length === 0) unanswered.push({ partition, offset, command: value.command_id, action: value.action });
      const refused = of.filter(({ code }) => code === 'duplicate_command').length;
      if (isFirst ? refused > 0 : refused !== 1 || of.length !== 1) twice.push({ partition, offset, command: value.command_id, isFirst, kinds: of.map(({ kind, code }) => [kind, code]) });
    }
    add('every command is answered', commands.length, unanswered);
    add('a command is done once', commands.length, twice);

    const { rows: outbox } = await client.query<{ partition: number; sequence: string; event: BetEvent }>('SELECT partition, sequence, event FROM bet_outbox ORDER BY partition, sequence');
    const wrong: unknown[] = [], of = (partition: number): typeof events => events.filter((one) => one.partition === partition);
    for (let partition = 0; partition < topics.betEvents.partitions; partition++) {
      const ours = outbox.filter((row) => row.partition === partition), theirs = of(partition);
      if (ours.length !== theirs.length) wrong.push({ partition, outbox: ours.length, topic: theirs.length });
      ours.forEach(({ sequence, event }, at) => {
        const value = theirs[at]?.value;
        if (value === undefined || value.sequence !== Number(sequence) || contents({ ...event, sequence: Number(sequence) }) !== contents(value)) wrong.push({ partition, sequence, event, value });
      });
    }
    add('the topic is the outbox', outbox.length, wrong);

    for (const { name, doc, counted, wrong: count, examples } of await checkLedger(client)) checks.push({ check: `ledger: ${name}`, compared: counted, violations: count === 0 ? [] : [{ check: `ledger: ${name}`, text: `not so: ${doc} (${count})`, first: examples.slice(0, SHOWN) }] });

    await client.query('BEGIN');
    const bets = await lockBets(client, '$1::boolean', [true]), accounts = await lockAccounts(client, new Set(Array.from(bets.values(), ({ accountId }) => accountId)));
    await client.query('ROLLBACK');
    const facts = factsOf(results), rules = { maxStakeMinor: 0, maxReturnMinor: 0, maxLegs: 0, maxParts: 0, betDelayMs: 0, cashOutMarginPpm: 0 };
    const again: unknown[] = [];
    const desk = new Desk({ accounts, bets, commands: new Map() }, rules, () => undefined, (sport, eventId, market) => facts.get(`${sport}:${eventId}:${market}`) ?? [], Date.now(),
      ({ kind, bet }) => { again.push({ kind, bet: bet?.betId, result: bet?.result, payout: bet?.payoutMinor }); });
    desk.settle(bets.values(), ({ cause }) => cause);
    add('every bet is as the results say', bets.size, again);

    const { rows: astray } = await client.query(`
      SELECT b.id, b.status, b.bookmaker_id, p.state FROM (SELECT * FROM bets WHERE bookmaker_id <> 'house') b FULL JOIN paper_bets p ON p.provider = b.bookmaker_id AND p.reference = b.id::text
       WHERE (b.status IN ('accepted', 'settled', 'cashed_out')) IS DISTINCT FROM (coalesce(p.state, 'rejected') = 'accepted')`);
    const { rows: [paper] } = await client.query<{ count: string }>('SELECT count(*) AS count FROM paper_bets');
    add('providers hold what we say', Number(paper!.count), astray);
    return checks;
  } finally {
    await reader.close();
    await client.end();
  }
};

/** The records of a topic that can be read; poison is somebody else's. */
const read = async <Value>(reader: LogReader, decoder: ValueDecoder, topic: { readonly name: string; readonly partitions: number }): Promise<Logged<Value>[]> => {
  const logged: Logged<Value>[] = [];
  for (let partition = 0; partition < topic.partitions; partition++) {
    for (const { offset, value } of await reader.read(topicName(topic), partition)) {
      const decoded: Decoded = value === null ? { error: 'null' } : await decoder.decode(value);
      if (!('error' in decoded)) logged.push({ partition, offset, value: decoded.value as Value });
    }
  }
  return logged;
};

/** The newest word of each producer on each thing. */
const factsOf = (results: readonly Logged<Result>[]): Map<string, Fact[]> => {
  const byMarket = new Map<string, Map<string, Fact>>();
  for (const { partition, offset, value } of results) {
    const isCancel = value.action === 'cancel' || value.action === 'rollback_cancel';
    const fact: Fact = {
      producer: value.provider, kind: isCancel ? 'cancel' : 'settle', timestampMs: value.timestamp, isActive: value.action === 'settle' || value.action === 'cancel', certainty: value.certainty,
      fromMs: isCancel ? value.void_from ?? OPEN_FROM_MS : OPEN_FROM_MS, untilMs: isCancel ? value.void_until ?? OPEN_UNTIL_MS : OPEN_UNTIL_MS,
      outcomes: value.outcomes.map(({ outcome, result, dead_heat_factor }) => ({ outcome, result, deadHeatFactor: dead_heat_factor })),
      deductions: value.deductions.map(({ kind, rate, withdrawn_at }) => ({ kind, rate, withdrawnAtMs: withdrawn_at })), cause: { topic: topics.results.name, partition, offset },
    };
    const market = `${value.sport}:${value.event_id}:${value.market}`, of = byMarket.get(market) ?? new Map<string, Fact>(), before = of.get(factKey(fact));
    if (before === undefined || replaces(fact, before)) of.set(factKey(fact), fact);
    byMarket.set(market, of);
  }
  return new Map(Array.from(byMarket, ([market, of]) => [market, Array.from(of.values())]));
};

/** As text to compare. Fields that are null, or the schema's default, may be left out of the outbox. */
const contents = (value: object): string =>
  JSON.stringify(Object.entries(value).filter(([, part]) => part !== null && part !== false && part !== 0 && !(Array.isArray(part) && part.length === 0)).sort(([a], [b]) => (a < b ? -1 : 1)));
