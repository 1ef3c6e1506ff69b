import t from 'tap';
import type { Poll, Position, Source, SourceEvent } from '../../runtime/ports.ts';
import { untilEnd } from './until-end.ts';

const TOPIC = 'odds-updates';
const poll = (partition: number, nextOffset: number): SourceEvent => ({ kind: 'poll', poll: { topic: TOPIC, partition, nextOffset } as Poll, isLast: false });
const assigned = (...partitions: number[]): SourceEvent => ({ kind: 'assigned', partitions: partitions.map((partition) => ({ topic: TOPIC, partition })) });

/** A source that says these things, then that it is idle, for ever; each partition ends where `ends` says. */
const sourceOf = (said: readonly SourceEvent[], ends: readonly number[]): Source => ({
  async *events(signal) {
    for (const event of said) if (!signal.aborted) yield event;
    while (!signal.aborted) yield { kind: 'idle' };
  },
  committed: async () => new Map(),
  range: async ({ partition }) => ({ start: 0, end: ends[partition]! }),
  start() {},
  async close() {},
});

/** What gets through, each partition started at its position as soon as it is assigned. */
const through = async (source: Source, starts: readonly number[], silent: string[] = []): Promise<string[]> => {
  const seen: string[] = [];
  const ended = untilEnd(source, (partitions) => silent.push(...partitions));
  for await (const event of ended.events(new AbortController().signal)) {
    if (event.kind === 'assigned') for (const { topic, partition } of event.partitions) ended.start({ topic, partition, offset: starts[partition]! } satisfies Position);
    if (event.kind !== 'idle') seen.push(event.kind === 'poll' ? `${event.poll.partition}:${event.poll.nextOffset}` : event.kind);
  }
  return seen;
};

t.test('it ends when all partitions have been read to where they ended when they were assigned', async (t) => {
  t.same(await through(sourceOf([assigned(0, 1), poll(0, 5), poll(1, 3), poll(0, 9), poll(1, 7), poll(0, 10)], [9, 7]), [0, 0]), ['assigned', '0:5', '1:3', '0:9', '1:7']);
});

t.test('it ends at once where there is nothing to read, or nothing is left', async (t) => {
  t.same(await through(sourceOf([assigned(0), poll(0, 1)], [0]), [0]), ['assigned']);
  t.same(await through(sourceOf([assigned(0, 1), poll(0, 99)], [9, 7]), [9, 7]), ['assigned']);
});

t.test('a partition that is taken away is not waited for', async (t) => {
  const revoked: SourceEvent = { kind: 'revoked', partitions: [{ topic: TOPIC, partition: 1 }], release() {} };
  t.same(await through(sourceOf([assigned(0, 1), poll(0, 9), revoked, poll(0, 10)], [9, 7]), [0, 0]), ['assigned', '0:9', 'revoked']);
});

t.test('last offsets that hold nothing for us do not keep it for ever', async (t) => {
  const silent: string[] = [];
  t.same(await through(sourceOf([assigned(0, 1), poll(0, 9), poll(1, 6)], [9, 7]), [0, 0], silent), ['assigned', '0:9', '1:6']);
  t.same(silent, ['odds-updates/1']);
});

t.test('it does not end before it was assigned anything', async (t) => {
  const idle: SourceEvent = { kind: 'idle' };
  t.same(await through(sourceOf([idle, idle, idle, idle, idle, idle, idle, assigned(0), poll(0, 2)], [2]), [0]), ['assigned', '0:2']);
});
