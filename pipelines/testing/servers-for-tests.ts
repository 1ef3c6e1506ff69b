import type { SinkServers } from '../../runtime/pipeline.ts';

/** Servers of which a sink under test asks for some. */
export const serversForTests = (given: Partial<SinkServers>): SinkServers => ({
  postgresUrl: '', betsUrl: '', redisUrl: '', namespace: '',
  latestValues: () => Promise.reject(new Error('this sink reads no other topic')),
  ...given,
});
