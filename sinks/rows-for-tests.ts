import avro from 'avsc';
import { compileDecoder } from '../schemas/codec/compile.ts';
import type { Columns, Row } from '../schemas/codec/columns.ts';
import { Dictionary } from '../schemas/codec/dictionary.ts';
import { Reader } from '../schemas/codec/reader.ts';
import type { Writer } from '../schemas/codec/schema.ts';
import type { Topic } from '../schemas/topic.ts';

/** A record of a test: its offset, and its value as a producer gives it, or the key of a tombstone. */
export type TestRecord<V> = { readonly offset: number } & ({ readonly value: V } | { readonly tombstone: string });

/** Records of a topic as rows: encoded by avsc, decoded as the door does. */
export const rowsOf = <V, R extends Row, W extends Writer, Key extends string>(topic: Topic<V, R, W, Key>, records: readonly TestRecord<Partial<V>>[]): Columns<R> => {
  const columns = topic.schema.columns({ keys: new Dictionary(), strings: new Dictionary() });
  const schema = JSON.parse(topic.schema.avsc) as { fields: { name: string; default?: unknown }[] };
  const defaults = Object.fromEntries(schema.fields.map(({ name, default: value }) => [name, value]));
  const type = avro.Type.forSchema(schema as unknown as avro.Schema);
  const decoder = compileDecoder({ writerAvsc: topic.schema.avsc, readerAvsc: topic.schema.avsc, keyFields: topic.keyFields });
  for (const record of records) {
    if ('tombstone' in record) { columns.appendTombstone(columns.dictionaries.keys.idOf(record.tombstone), record.offset, 0); continue; }
    const full: Record<string, unknown> = { ...defaults, ...record.value };
    const bytes = type.toBuffer(full);
    const key = Buffer.from(topic.keyFields.map((field) => full[field]).join(':'));
    decoder.decode(new Reader().over(bytes), bytes.length, columns, columns.dictionaries.keys.id(key, 0, key.length), record.offset, key, 0, key.length);
  }
  return columns;
};
