import type { LatestValues } from '../../runtime/ports.ts';
import { NewestValues } from './newest-values.ts';
import type { RecordReader } from './records.ts';

export interface ValuesUpToOptions {
  readonly records: RecordReader;
  readonly topic: string;
  /** By partition, up to where; a partition that is not named is not read. */
  readonly nextOffsets: ReadonlyMap<number, number>;
  /** A schema's JSON text by its id. */
  readonly schemaOf: (id: number) => Promise<string>;
  readonly onChange: (key: string) => void;
}

/** The newest value of each key as of offsets that have passed: what {@link LatestValues} held then, if nothing was compacted away since. */
export const valuesUpTo = async ({ records, topic, nextOffsets, schemaOf, onChange }: ValuesUpToOptions): Promise<LatestValues> => {
  const newest = new NewestValues(schemaOf, onChange), { values, schemas } = newest, next: number[] = [];
  let heardMs = Infinity;
  for (const [partition, end] of nextOffsets) {
    next[partition] = end;
    const { start } = await records.range({ topic, partition });
    let newestMs = 0;
    for await (const batch of records.read({ topic, partition, offset: start }, end)) {
      for (const { key, value, appendTimeMs, headers } of batch) {
        newestMs = Math.max(newestMs, appendTimeMs);
        if (key === null || headers.some((header) => 'oddstream-control' in header)) continue;
        await newest.take(Buffer.from(key).toString('utf8'), value);
      }
    }
    heardMs = Math.min(heardMs, newestMs);
  }
  return {
    value: (key) => values.get(key), keys: () => values.keys(), schema: (id) => schemas.get(id)!, heardMs, nextOffsets: next, size: values.size, close: () => Promise.resolve(),
  };
};
