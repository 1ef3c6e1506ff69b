import t from 'tap';
import { addressHeaders, controlHeaders } from './control.ts';
import type { ValueDecoder } from './decode.ts';
import { Lineage, type Trace, type TracedTopic } from './lineage.ts';
import type { LoggedRecord, RecordReader } from './records.ts';

/** Values are JSON here; a record that is not there is gone. */
const decoder = { decode: (bytes: Uint8Array) => Promise.resolve(bytes[0] === 0x7b ? { schemaId: 1, value: JSON.parse(Buffer.from(bytes).toString()) as unknown } : { error: 'no JSON' }) } as unknown as ValueDecoder;
const lineageOf = (log: Readonly<Record<string, unknown>>) => {
  const asked: string[] = [];
  const records = {
    at: ({ topic, partition, offset }) => {
      const name = `${topic}/${partition}/${offset}`, found = log[name] as Partial<LoggedRecord> | object | undefined;
      asked.push(name);
      if (found === undefined) return Promise.resolve('compacted');
      const record = 'headers' in found ? found : { value: Buffer.from(JSON.stringify(found)), headers: [] };
      return Promise.resolve({ topic, partition, offset, appendTimeMs: 1_000 + offset, key: Buffer.from('k'), value: null, ...record } as LoggedRecord);
    },
    range: () => Promise.resolve({ start: 0, end: 100 }),
  } as Pick<RecordReader, 'at' | 'range'> as RecordReader;
  const topics: Record<string, TracedTopic> = Object.fromEntries(['quotes', 'books', 'fair'].map((name) => [name, { name, eventTime: 'time' }]));
  const lineage = new Lineage({ records, decoder, namespace: 'ns', sourceOf: ({ name }) => ({ books: topics['quotes'], fair: topics['books'] })[name] });
  return { asked, trace: (topic: string, offset: number) => lineage.trace(topics[topic]!, 3, offset) };
};
/** A tree as text: places and roles. */
const tree = ({ place, roles, content, inputs }: Trace): unknown[] => [`${place.topic}/${place.partition}/${place.offset} ${roles.join('; ')} ${content.kind}`.replace('  ', ' '), ...inputs.map(tree)];

t.test('rows name quotes, and the newest input is one of them or another', async (t) => {
  const { trace, asked } = lineageOf({
    'ns.books/3/9': { time: 5, source_partition: 3, source_offset: 7, quotes: [{ provider: 'acme', offset: 2 }, { provider: 'bolt', outcome: 'home', side: 'lay', offset: 7 }, { provider: 'crown', offset: 2 }], other: [{ no: 'offset' }, 4, null], none: [{ offset: -1 }] },
    'ns.quotes/3/2': { time: 1 }, 'ns.quotes/3/7': { time: 4, source_offset: 1 },
  });
  const book = await trace('books', 9);
  t.same(tree(book), ['ns.books/3/9 value', ['ns.quotes/3/2 quotes acme; quotes crown value'], ['ns.quotes/3/7 quotes home lay bolt; source_offset value']]);
  t.match(book, { key: 'k', eventTimeMs: 5, appendTimeMs: 1_009, roles: [], inputs: [{ eventTimeMs: 1, appendTimeMs: 1_002, content: { value: { time: 1 } } }, {}] });
  t.equal(asked.length, 3, 'each once; what no topology writes depends on nothing');
});

t.test('quotes that came by way of another output are shown below it; where that is gone, they are shown all the same', async (t) => {
  const fair = { time: 6, source_partition: 3, source_offset: 9, providers: [{ provider: 'acme', offset: 2 }, { provider: 'bolt', offset: 7 }] };
  const log = { 'ns.fair/3/4': fair, 'ns.books/3/9': { time: 5, source_partition: 3, source_offset: 7, quotes: [{ provider: 'acme', offset: 2 }, { provider: 'bolt', offset: 7 }] }, 'ns.quotes/3/2': { time: 1 }, 'ns.quotes/3/7': { time: 4 } };
  t.same(tree(await lineageOf(log).trace('fair', 4)), ['ns.fair/3/4 value', ['ns.books/3/9 source_offset value', ['ns.quotes/3/2 quotes acme value'], ['ns.quotes/3/7 quotes bolt; source_offset value']]]);
  const { 'ns.books/3/9': _, ...rest } = log;
  t.same(tree(await lineageOf(rest).trace('fair', 4)), ['ns.fair/3/4 value', ['ns.books/3/9 source_offset missing'], ['ns.quotes/3/2 providers acme value'], ['ns.quotes/3/7 providers bolt value']]);
});

t.test('what is no value says what it is', async (t) => {
  const { trace } = lineageOf({
    'ns.books/3/1': { headers: [] }, 'ns.quotes/3/1': { headers: controlHeaders({ control: 'down', provider: 'acme', timestamp: 1_700_000_000_000 }) },
    'ns.quotes/3/2': { headers: [], value: Buffer.from('x') }, 'ns.quotes/3/3': { headers: [{ 'oddstream-control': 'sideways' }] },
    'ns.quotes/3/8': { headers: addressHeaders({ pipeline: 'best-odds', origin: 'ns.quotes/3/2' }), value: Buffer.from('{"time":3}') },
  });
  t.match(await trace('books', 1), { content: { kind: 'tombstone' }, inputs: [] });
  t.match(await trace('quotes', 1), { content: { kind: 'control', control: { control: 'down', provider: 'acme' } }, eventTimeMs: 1_700_000_000_000 });
  t.match(await trace('quotes', 2), { content: { kind: 'unreadable', error: 'no JSON' }, eventTimeMs: undefined });
  t.match(await trace('quotes', 3), { content: { kind: 'unreadable', error: /control_unknown/ } });
  t.match(await trace('quotes', 9), { content: { kind: 'missing', why: 'compacted', start: 0, end: 100 } });
  t.same(tree(await trace('quotes', 8)), ['ns.quotes/3/8 value', ['ns.quotes/3/2 replayed for best-odds unreadable']], 'a replay leads to what was refused first');
});
