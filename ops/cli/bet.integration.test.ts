import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SchemaRegistry as RegistryClient } from '@kafkajs/confluent-schema-registry';
import pg from 'pg';
import t from 'tap';
import { ValueEncoder } from '../../connectors/feeds/encoder.ts';
import { connectProducer } from '../../connectors/kafka/producer.ts';
import { SchemaRegistry } from '../../connectors/kafka/registry.ts';
import { kafkaOf, valuesOf } from '../../pipelines/testing/log-for-tests.ts';
import { as, startTestStack } from '../../pipelines/testing/stack-for-tests.ts';
import type { BetCommand } from '../../schemas/generated/bet-command.ts';
import type { BetEventInput } from '../../schemas/generated/bet-event.ts';
import { topics } from '../../schemas/topics.ts';

// The gateway alone: who answers is a stand-in, which tells from the event that is bet on what it is to say.
t.setTimeout(600_000);
const NAMESPACE = 'gateway', COMMANDS = `${NAMESPACE}.bet-commands`, EVENTS = `${NAMESPACE}.bet-events`;
const stack = await startTestStack(t);
await stack.prepare(NAMESPACE);
const producer = await connectProducer({ brokers: stack.brokers, lingerMs: 0 });
t.teardown(() => producer.disconnect());
const encoder = new ValueEncoder<BetEventInput>(topics.betEvents.schema.avsc, await new SchemaRegistry(stack.registryUrl, { namespace: NAMESPACE }).idOf(topics.betEvents));

let sequence = 0;
const answersTo = (command: BetCommand): Partial<BetEventInput>[] => {
  const [leg] = command.legs, bet = { bet_id: command.command_id, stake_minor: command.amount_minor, side: command.side, provider: 'house', legs: command.legs };
  if (command.action === 'open_account') return [{ kind: 'account_opened' }];
  if (command.action === 'deposit') return [{ kind: 'deposited', amount_minor: command.amount_minor, available_minor: command.amount_minor }];
  if (command.action === 'withdraw') return [{ kind: 'rejected', code: 'insufficient_funds' }];
  if (command.action === 'cash_out') return [{ kind: 'cashed_out', ...bet, bet_id: command.refers_to, amount_minor: 480 }];
  if (leg?.event_id === 'silent') return [];
  if (leg?.event_id === 'moved') return [{ kind: 'rejected', code: 'price_moved', ...bet }];
  if (leg?.event_id === 'live') return [{ kind: 'delayed', ...bet }, { kind: 'accepted', ...bet, available_minor: 9_000 }];
  if (leg?.event_id === 'hangs') return [{ kind: 'delayed', ...bet }];
  return [{ kind: 'accepted', ...bet, available_minor: 9_000 }];
};
const standIn = kafkaOf(stack).consumer({ groupId: 'stand-in', maxWaitTimeInMs: 20 });
const registry = new RegistryClient({ host: stack.registryUrl });
await standIn.connect();
t.teardown(() => standIn.disconnect());
await standIn.subscribe({ topic: COMMANDS, fromBeginning: true });
await standIn.run({ eachMessage: async ({ partition, message }) => {
  const command = await registry.decode(message.value!) as BetCommand;
  for (const answer of answersTo(command)) {
    // Somebody else's answer before each, which is to be passed over.
    for (const id of ['00000000-0000-4000-8000-000000000000', command.command_id]) producer.produce(EVENTS, partition, encoder.encode({
      timestamp: Date.now(), account_id: command.account_id, sequence: sequence++, kind: 'rejected', command_id: id, currency: 'EUR', source_topic: COMMANDS, source_partition: partition, source_offset: Number(message.offset),
      ...(id === command.command_id ? answer : {}),
    }), Buffer.from(command.account_id));
  }
} });

const env = { ...process.env, ODDSTREAM_HOME: stack.home, ODDSTREAM_NAMESPACE: NAMESPACE, ODDSTREAM_POSTGRES_QUANT_URL: stack.plain.quantUrl };
const oddstream = (...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> => new Promise((resolve) => {
  execFile(process.execPath, [fileURLToPath(new URL('oddstream.cjs', import.meta.url)), ...args], { env, timeout: 120_000 }, (error, stdout, stderr) => { resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr }); });
});
const place = (eventId: string, ...more: string[]) => oddstream('bet', 'place', '--account', 'anna', '--stake', '10', '--currency', 'EUR', '--leg', `football:${eventId}:totals:2.5/over@2.1`, '--wait', '60', ...more);
const ID = '0b1d3c52-5b0e-4c53-9d6c-0a4f6f1f2f10';

t.test('an account is opened and paid into, and what is sent is what was given', async (t) => {
  const opened = await oddstream('account', 'open', 'anna', '--currency', 'EUR', '--user', 'u1', '--wait', '60', '--json');
  t.equal(opened.status, 0, opened.stderr);
  t.match(JSON.parse(opened.stdout), { outcome: 'done', events: [{ kind: 'account_opened', account_id: 'anna' }] });
  const paid = await oddstream('account', 'deposit', 'anna', '100', '--currency', 'EUR', '--wait', '60');
  t.equal(paid.status, 0, paid.stderr);
  t.match(paid.stdout, /^command [0-9a-f-]{36}\ndeposited: 100\.00 EUR; 100\.00 EUR left\n$/);
  const refused = await oddstream('account', 'withdraw', 'anna', '500.50', '--currency', 'EUR', '--wait', '60');
  t.equal(refused.status, 1);
  t.match(refused.stdout, /rejected \(insufficient_funds\)/);
  const sent = await valuesOf<BetCommand>(stack, COMMANDS);
  t.match(sent, [{ action: 'open_account', user_id: 'u1', currency: 'EUR' }, { action: 'deposit', amount_minor: 10_000 }, { action: 'withdraw', amount_minor: 50_050 }]);
});

t.test('a bet is accepted, rejected, or waited for', async (t) => {
  const accepted = await place('quiet', '--provider', 'house', '--slippage', '0.02', '--id', ID.toUpperCase());
  t.equal(accepted.status, 0, accepted.stderr);
  t.equal(accepted.stdout, `command ${ID}\naccepted: bet ${ID}, 10.00 EUR on football:quiet:totals:2.5/over at 2.1, with house; 90.00 EUR left\n`);
  const rejected = await place('moved');
  t.equal(rejected.status, 1);
  t.match(rejected.stdout, /rejected \(price_moved\)/);
  const delayed = await place('live', '--json');
  t.equal(delayed.status, 0, delayed.stderr);
  t.match(JSON.parse(delayed.stdout), { outcome: 'done', events: [{ kind: 'delayed' }, { kind: 'accepted' }] });
  const hanging = await place('hangs', '--wait', '1');
  t.equal(hanging.status, 3);
  t.match(hanging.stdout, /delayed: bet/);
  t.match(hanging.stderr, /not decided within 1 s: .*'oddstream bet show [0-9a-f-]{36}'/);
  const silent = await place('silent', '--wait', '0.2', '--json');
  t.equal(silent.status, 3);
  t.match(JSON.parse(silent.stdout), { outcome: 'pending', events: [] });
  const unasked = await place('moved', '--wait', '0');
  t.equal(unasked.status, 0);
  t.match(unasked.stdout, /^command [0-9a-f-]{36}\n$/);
  const multiple = await place('quiet', '--leg', 'tennis:e2:moneyline/away@3.25');
  t.equal(multiple.status, 0);
  t.match(multiple.stdout, /over at 2\.1 and tennis:e2:moneyline\/away at 3\.25/);
  const cashed = await oddstream('bet', 'cash-out', ID, '--account', 'anna', '--part', '5', '--min-payout', '4.5', '--currency', 'EUR', '--wait', '60');
  t.equal(cashed.status, 0, cashed.stderr);
  t.match(cashed.stdout, /cashed_out: 4\.80 EUR/);
  const sent = await valuesOf<BetCommand>(stack, COMMANDS);
  t.match(sent.find(({ command_id: id }) => id === ID), { action: 'place', side: 'back', provider: 'house', slippage: 0.02, amount_minor: 1_000, legs: [{ sport: 'football', event_id: 'quiet', market: 'totals:2.5', outcome: 'over', price: 2.1 }] });
  t.match(sent.at(-1), { action: 'cash_out', refers_to: ID, amount_minor: 500, min_payout_minor: 450 });
});

t.test('a bet is shown with its settlements, its entries in the ledger, and where all of it comes from', async (t) => {
  const missing = await oddstream('bet', 'show', ID);
  t.equal(missing.status, 1);
  t.match(missing.stderr, /there is no bet and no command/);
  await as(stack.plain.ownerUrl, `
    SET search_path = ${pg.escapeIdentifier(NAMESPACE)};
    INSERT INTO accounts (account_id, user_id, currency, partition, available_minor, opened_at) VALUES ('anna', 'u1', 'EUR', 3, 11100, '2026-01-01T10:00:00Z');
    INSERT INTO bets (id, command_id, account_id, user_id, sport_id, event_id, market_type, selection, side, currency, odds, worst_odds, bookmaker_id, status, result, stake_minor, liability_minor, potential_return_minor, gross_minor, payout_minor, settlement_version,
                      placed_at, accepted_at, settled_at, partition, source_partition, source_offset)
      VALUES ('${ID}', '${ID}', 'anna', 'u1', 'football', 'quiet', 'totals:2.5', 'over', 'back', 'EUR', 2.1, 2, 'house', 'settled', 'won', 1000, 0, 0, 2100, 2100, 3, '2026-01-01T10:01:00Z', '2026-01-01T10:01:00Z', '2026-01-01T12:00:00Z', 3, 3, 42);
    INSERT INTO bet_settlements (bet_id, version, result, payout_minor, commission_minor, legs, settled_at, source_topic, source_partition, source_offset) VALUES
      ('${ID}', 1, 'lost', 0, 0, '[]', '2026-01-01T11:00:00Z', 'results', 5, 7), ('${ID}', 2, NULL, 0, 0, '[]', '2026-01-01T11:59:00Z', 'results', 5, 8), ('${ID}', 3, 'won', 2100, 0, '[]', '2026-01-01T12:00:00Z', 'results', 5, 9);
    INSERT INTO ledger_entries (transfer, account_id, bucket, amount_minor, currency, kind, bet_id) VALUES
      ('bet-commands/3/42', 'anna', 'available', -1000, 'EUR', 'stake', '${ID}'), ('bet-commands/3/42', 'anna', 'staked', 1000, 'EUR', 'stake', '${ID}');
    INSERT INTO account_commands (command_id, account_id, action, state, amount_minor, decided_at, source_partition, source_offset) VALUES ('11111111-1111-4111-8111-111111111111', 'anna', 'deposit', 'done', 10000, now(), 3, 41);`);
  const { status, stdout } = await oddstream('bet', 'show', ID);
  t.equal(status, 0);
  t.match(stdout, /^bet 0b1d3c52-[^\n]*: settled, won\n/);
  t.match(stdout, /football:quiet:totals:2\.5\/over at 2\.1000, back, with house/);
  t.match(stdout, /from +gateway\.bet-commands\/3\/42/);
  t.match(stdout, /1 +lost +0\.00 EUR .*results\/5\/7\n.*2 +taken back .*results\/5\/8\n.*3 +won +21\.00 EUR/);
  t.match(stdout, /anna +available +-10\.00 EUR +stake +bet-commands\/3\/42/);
  t.match(JSON.parse((await oddstream('bet', 'show', ID, '--json')).stdout), { bets: [{ bet: { id: ID, stake_minor: '1000' }, settlements: [{ version: 1 }, { version: 2, result: null }, { version: 3 }], entries: [{}, {}] }] });
  t.match((await oddstream('bet', 'show', '11111111-1111-4111-8111-111111111111')).stdout, /deposit of anna is done, .* from gateway\.bet-commands\/3\/41/);
  const account = await oddstream('account', 'show', 'anna');
  t.match(account.stdout, /^account anna, user u1, opened 2026-01-01T10:00:00\.000Z\n +available +111\.00 EUR\n/);
  t.match(account.stdout, /settled +won +1 +10\.00 EUR +21\.00 EUR/);
  t.equal((await oddstream('account', 'show', 'nobody')).status, 1);
});
