import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { type Admin, Kafka } from 'kafkajs';
import pg from 'pg';
import { kafkajsSettings } from '../../connectors/kafka/brokers.ts';
import type { Config } from '../config/config.ts';

const TOPICS_GONE_MS = 15_000;
/** A member that was killed is one until its session ends, 10 s later, ms. */
const MEMBERS_GONE_MS = 20_000;

const deleteGroups = async (admin: Admin, groups: readonly string[]): Promise<void> => {
  for (const until = Date.now() + MEMBERS_GONE_MS; ; await wait(500)) {
    try {
      await admin.deleteGroups([...groups]);
      return;
    } catch (error) {
      const left = (await admin.listGroups()).groups.map(({ groupId }) => groupId).filter((group) => groups.includes(group));
      if (left.length === 0) return;
      if (Date.now() > until) throw new Error(`The consumer groups ${left.join(', ')} of an earlier playback have members still: end what runs there, or wait a moment.`, { cause: error });
      groups = left;
    }
  }
};

/**
 * Empties a namespace: its topics and consumer groups, its schema in PostgreSQL, its keys in Redis, and the places of its feeds. A playback that is faster than it
 * was recorded needs it: event time of its topics stands where the last one ended, and all that is said of times before would be late.
 */
export const emptyNamespace = async (config: Config, namespace: string): Promise<void> => {
  if (namespace === '') throw new RangeError('the platform\'s own topics are never emptied');
  const kafka = new Kafka({ clientId: 'oddstream-start', ...kafkajsSettings(config.brokers), logCreator: () => () => undefined });
  const admin = kafka.admin();
  await admin.connect();
  try {
    const ours = (name: string): boolean => name.startsWith(`${namespace}.`);
    const names = (await admin.listTopics()).filter(ours);
    if (names.length > 0) await admin.deleteTopics({ topics: names });
    // The broker answers before it has forgotten them, and would then be thought to have them all.
    for (const until = Date.now() + TOPICS_GONE_MS; (await admin.listTopics()).some(ours); await wait(100)) {
      if (Date.now() > until) throw new Error(`Kafka still has topics of the namespace ${namespace} that were deleted: wait a moment, and start again.`);
    }
    const groups = (await admin.listGroups()).groups.map(({ groupId }) => groupId).filter(ours);
    if (groups.length > 0) await deleteGroups(admin, groups);
  } finally {
    await admin.disconnect();
  }

  const client = new pg.Client({ connectionString: config.postgresOwnerUrl, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await client.query('SET client_min_messages = warning');
    await client.query(`DROP SCHEMA IF EXISTS ${pg.escapeIdentifier(namespace)} CASCADE`);
  } finally {
    await client.end();
  }

  const redis = new Redis(config.redisUrl, { maxRetriesPerRequest: 2 });
  redis.on('error', () => undefined);
  try {
    for await (const keys of redis.scanStream({ match: `${namespace}:*`, count: 1_000 }) as AsyncIterable<string[]>) if (keys.length > 0) await redis.unlink(keys);
  } finally {
    redis.disconnect();
  }

  for (const feed of ['football-data', 'odds-api']) await rm(join(config.home, 'state', 'feeds', `${feed}.${namespace}.json`), { force: true });
};
