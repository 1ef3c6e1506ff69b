import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { describe } from '../stream/describe.ts';
import type { Topology } from '../stream/topology.ts';

// Every topology is kept as text beside its code, so that a change of what it reads, writes or keeps shows in the diff.
const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
t.ok(folders.length > 0);

const isTopology = (exported: unknown): exported is Topology => typeof exported === 'object' && exported !== null && 'build' in exported && 'targets' in exported;

for (const folder of folders) {
  t.test(`${folder} is what its topology.golden.txt says`, async (t) => {
    const file = path.join(import.meta.dirname, folder, 'topology.golden.txt');
    const [found, ...others] = Object.values(await import(`./${folder}/topology.ts`) as Record<string, unknown>).filter(isTopology);
    t.ok(found !== undefined && others.length === 0, 'topology.ts exports one topology');
    t.equal(found!.name, folder, 'its name is its folder\'s');
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, describe(found!));
    t.equal(describe(found!), readFileSync(file, 'utf8'), 'if this is what you want, run this test with UPDATE_GOLDEN=1, and read the diff');
  });
}
