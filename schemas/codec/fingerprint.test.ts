import avro from 'avsc';
import t from 'tap';
import { topics } from '../topics.ts';
import { canonicalForm, fingerprint } from './fingerprint.ts';

t.test('the canonical form is the one that avsc writes', (t) => {
  for (const { name, schema: { avsc } } of Object.values(topics)) t.equal(canonicalForm(avsc), JSON.stringify(avro.Type.forSchema(JSON.parse(avsc) as avro.Schema).schema()), name);
  const nested = JSON.stringify({ type: 'record', name: 'a.B', namespace: 'ignored', doc: 'x', fields: [
    { name: 'e', doc: 'y', default: 'P', type: { type: 'enum', name: 'E', symbols: ['P', 'Q'], default: 'P' } }, { name: 'again', type: ['null', 'E'] },
    { name: 'f', type: { type: 'fixed', name: 'other.F', size: 4 } }, { name: 'm', type: { type: 'map', values: { type: 'array', items: { type: 'long' } } } }, { name: 'g', type: 'other.F' },
  ] });
  t.equal(canonicalForm(nested), '{"name":"a.B","type":"record","fields":[{"name":"e","type":{"name":"a.E","type":"enum","symbols":["P","Q"]}},{"name":"again","type":["null","a.E"]},' +
    '{"name":"f","type":{"name":"other.F","type":"fixed","size":4}},{"name":"m","type":{"type":"map","values":{"type":"array","items":"long"}}},{"name":"g","type":"other.F"}]}');
  t.end();
});

t.test('fingerprints are those of Avro', (t) => {
  // share/test/data/schema-tests.txt of Apache Avro, as signed longs.
  const known: Record<string, bigint> = { null: 7195948357588979594n, boolean: -6970731678124411036n, int: 8247732601305521295n, long: -3434872931120570953n, float: 5583340709985441680n, double: -8181574048448539266n, bytes: 5746618253357095269n, string: -8142146995180207161n };
  for (const [type, signed] of Object.entries(known)) t.equal(fingerprint(JSON.stringify(type)), BigInt.asUintN(64, signed).toString(16).padStart(16, '0'), type);
  const { avsc } = topics.bestOdds.schema;
  t.equal(fingerprint(avsc.replace(/"doc": "[^"]*"/g, '"doc": "other"')), fingerprint(avsc), 'docs do not count');
  t.not(fingerprint(avsc.replace('"net_price"', '"price_net"')), fingerprint(avsc));
  t.end();
});
