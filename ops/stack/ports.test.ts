import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { choosePorts, portIsFree, portsFrom, requireFreePorts } from './ports.ts';

t.test('a base port gives every port, and two neighbours of 100 share none', (t) => {
  const [one, two] = [portsFrom(15_000), portsFrom(15_100)];
  t.same(one, { kafka: 19092, kafkaController: 19093, registry: 18081, registryManagement: 18082, postgres: 15432, redis: 16379 });
  t.equal(new Set([...Object.values(one), ...Object.values(two)]).size, 12);
  t.throws(() => portsFrom(62_000), { code: 'bad-setting' });
  t.end();
});

t.test('the port asked for wins over the environment, that over what was used last, that over the default', (t) => {
  const remembered = portsFrom(17_000);
  t.equal(choosePorts({ env: {} }).kafka, 19_092);
  t.equal(choosePorts({ env: {}, remembered }).kafka, 21_092);
  t.equal(choosePorts({ env: { ODDSTREAM_BASE_PORT: '18000' }, remembered }).kafka, 22_092);
  t.equal(choosePorts({ basePort: 19_000, env: { ODDSTREAM_BASE_PORT: '18000' }, remembered }).kafka, 23_092);
  t.equal(choosePorts({ basePort: 19_000, env: { ODDSTREAM_KAFKA_PORT: '9092' } }).kafka, 9092);
  t.equal(choosePorts({ basePort: 19_000, env: { ODDSTREAM_KAFKA_PORT: '9092' } }).redis, 20_379);
  t.end();
});

t.test('a port that is none, or is given twice, is named with its variable', (t) => {
  t.throws(() => choosePorts({ env: { ODDSTREAM_BASE_PORT: 'many' } }), { code: 'bad-setting', message: /ODDSTREAM_BASE_PORT is "many"/ });
  t.throws(() => choosePorts({ env: { ODDSTREAM_REDIS_PORT: '80' } }), { code: 'bad-setting', message: /ODDSTREAM_REDIS_PORT is "80"/ });
  t.throws(() => choosePorts({ env: { ODDSTREAM_REDIS_PORT: '15432' } }), { code: 'bad-setting', message: /postgres and redis are both given port 15432/ });
  t.end();
});

t.test('a taken port is one line that names it and says how to choose others', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  t.equal(await portIsFree(port), false);
  const ports = { ...portsFrom(26_000), redis: port };
  await t.rejects(requireFreePorts(ports, ['redis']), { code: 'port-taken', message: new RegExp(`^port ${port} \\(redis\\) on 127\\.0\\.0\\.1 is in use[^\\n]*ODDSTREAM_BASE_PORT=\\d+$`) });
  other.close();
  await once(other, 'close');
  t.equal(await portIsFree(port), true);
  await t.resolves(requireFreePorts(ports, ['redis']));
});
