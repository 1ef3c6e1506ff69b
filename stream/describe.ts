import { fingerprint } from '../schemas/codec/fingerprint.ts';
import type { AnyTopic, Topology } from './topology.ts';

/**
 * What a topology is, as text, to be kept beside it: a change of what it reads, writes or keeps shows in the diff. Schemas are named by their
 * fingerprint (CRC-64-AVRO).
 */
export const describe = ({ name, version, source, reads, targets, stores }: Topology): string => {
  const targetNames = Object.keys(targets as Record<string, AnyTopic>), storeNames = Object.keys(stores as Record<string, unknown>);
  return [
    `topology ${name}, version ${version}`,
    `source   ${topicLine(source)}`,
    `         reads ${reads === undefined ? 'all fields' : [...reads].sort().join(', ')}`,
    ...targetNames.sort().map((target) => `target   ${target}: ${topicLine((targets as Record<string, AnyTopic>)[target]!)}`),
    ...(storeNames.length === 0 ? ['store    none'] : storeNames.sort().map((store) => `store    ${store}: ${(stores as Record<string, { name: string }>)[store]!.name}`)),
    '',
  ].join('\n');
};

const topicLine = ({ name, keyFields, schema, cleanup, partitions }: AnyTopic): string =>
  `${name}, by ${keyFields.join(':')}, ${partitions} partitions, ${cleanup}, ${schema.name} ${fingerprint(schema.avsc)}`;
