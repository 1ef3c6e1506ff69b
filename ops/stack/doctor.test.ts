import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { doctor, installItems, nodeIsNewEnough, versionIn } from './doctor.ts';
import { javaAtLeast, javaMajor, javaMajorOfOutput } from './java.ts';
import { postgresMajor } from './postgres-programs.ts';

t.test('versions are read out of what programs say of themselves', (t) => {
  t.equal(javaMajor('17.0.15'), 17);
  t.equal(javaMajor('1.8.0_292'), 8);
  t.equal(javaMajor('21-ea'), 21);
  t.equal(javaMajor('unknown'), undefined);
  t.equal(javaMajorOfOutput('openjdk version "25.0.3" 2026-04-21\nOpenJDK Runtime Environment'), 25);
  t.equal(javaMajorOfOutput('java: command not found'), undefined);
  t.equal(postgresMajor('postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n'), 15);
  t.equal(postgresMajor('postgres (PostgreSQL) 18beta1'), 18);
  t.equal(postgresMajor('psql (PostgreSQL'), undefined);
  t.equal(versionIn('Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.2.1'), '7.0.15');
  t.equal(versionIn('no version'), undefined);
  t.end();
});

t.test('Node 20.19 and newer will do', (t) => {
  t.same(['18.20.1', '20.18.3', '20.19.0', '22.0.0', '25.1.0'].map(nodeIsNewEnough), [false, false, true, true, true]);
  t.end();
});

t.test('the oldest Java that is new enough is taken', (t) => {
  const javas = [11, 17, 21, 25].map((major) => ({ home: `/java/${major}`, major }));
  t.equal(javaAtLeast(17, javas)?.major, 17);
  t.equal(javaAtLeast(18, javas)?.major, 21);
  t.equal(javaAtLeast(26, javas), undefined);
  t.end();
});

t.test('the doctor names everything, and how to get what is missing', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'oddstream-doctor-'));
  t.teardown(() => rmSync(home, { recursive: true }));
  const items = await doctor({ home });
  const names = items.map(({ name }) => name);
  for (const name of ['node', 'java', 'java for the registry', 'maven', 'postgresql', 'redis', 'disk', 'ports']) t.ok(names.includes(name), name);
  for (const { name, ok, found, need, install } of items) {
    t.ok(found && need, `${name}: ${found}; needed: ${need}`);
    t.equal(install === '', ok, `${name}: an instruction if and only if it is missing`);
  }
});

t.test('what no package gives, or what is there, is not installed', async (t) => {
  const lines: string[] = [];
  const item = { name: 'disk', ok: false, found: '1 GB', need: '3 GB', install: 'make room', packages: [] };
  await installItems([item, { ...item, name: 'redis', ok: true, packages: ['redis-server'] }], { onProgress: (line) => lines.push(line) });
  t.same(lines, []);
});

t.test('where it may not install, the missing program is named with its command', async (t) => {
  const getuid = process.getuid;
  Object.defineProperty(process, 'getuid', { value: () => 1000, configurable: true });
  t.teardown(() => Object.defineProperty(process, 'getuid', { value: getuid, configurable: true }));
  const item = { name: 'redis', ok: false, found: 'nothing', need: 'redis-server', install: 'sudo apt-get install -y redis-server', packages: ['redis-server'] };
  await t.rejects(installItems([item], { onProgress: () => undefined }), { code: 'missing-program', message: 'redis is missing (sudo apt-get install -y redis-server)' });
});
