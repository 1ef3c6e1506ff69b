const SEED = 0x9747b28c | 0;
const M = 0x5bd1e995;
const R = 24;
/** Keys that a cache may hold before it starts anew: some 20 MB, twice the markets that one process is built for. */
const CACHED_KEYS = 200_000;

const encoder = new TextEncoder();

/**
 * The 32-bit murmur2 hash, signed, as Kafka's Java client has it (`org.apache.kafka.common.utils.Utils.murmur2`):
 * what `murmur2_random` of librdkafka and kafkajs's default partitioner compute too. Text is hashed as UTF-8.
 */
export const murmur2 = (key: string | Uint8Array): number => {
  const data = typeof key === 'string' ? encoder.encode(key) : key;
  const { length } = data;
  let hash = SEED ^ length;
  const whole = length & ~3;
  for (let at = 0; at < whole; at += 4) {
    let word = data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24);
    word = Math.imul(word, M);
    word = Math.imul(word ^ (word >>> R), M);
    hash = Math.imul(hash, M) ^ word;
  }
  const rest = length - whole;
  if (rest > 2) hash ^= data[whole + 2]! << 16;
  if (rest > 1) hash ^= data[whole + 1]! << 8;
  if (rest > 0) hash = Math.imul(hash ^ data[whole]!, M);
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
};

/** The partition, from 0, of a key that is not null: `toPositive(murmur2(key)) % partitions`, toPositive being the mask 0x7fffffff (not the absolute value). */
export const partitionOf = (key: string | Uint8Array, partitions: number): number => (murmur2(key) & 0x7fffffff) % partitions;

/** `partitionOf` for a topic of this many partitions, which remembers keys: hashing a market's key again costs more than twice the look-up. */
export const cachedPartitioner = (partitions: number): ((key: string) => number) => {
  const known = new Map<string, number>();
  return (key) => {
    let partition = known.get(key);
    if (partition === undefined) {
      partition = partitionOf(key, partitions);
      if (known.size >= CACHED_KEYS) known.clear();
      known.set(key, partition);
    }
    return partition;
  };
};
