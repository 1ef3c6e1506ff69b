/** A short part of a campaign on real processes: what `npm run chaos` does for minutes, with the faults that go at the engine's heart. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { campaign } from './campaign.ts';
import { faultTable, violationLines } from './report.ts';
import type { FaultKind } from './schedule.ts';

const SEED = 4;
const KINDS = ['kill best-odds', 'kill broker', 'zombie', 'redis flushall', 'postgres immediate', 'poison', 'duplicates'] as const satisfies readonly FaultKind[];

t.test(`faults of seed ${SEED}: what is there afterwards is what the log says`, { timeout: 1_700_000 }, async (t) => {
  for (const name of Object.keys(process.env)) if (name.startsWith('ODDSTREAM_')) delete process.env[name];
  const folder = mkdtempSync(join(tmpdir(), 'oddstream-chaos-test-'));
  const lines: string[] = [];
  const { outcomes, checks, violations } = await campaign({
    seed: SEED, faults: 7, minutes: 0, rate: 300, markets: 60, folder, deck: KINDS, say: (line) => { lines.push(line); }, signal: new AbortController().signal,
  });
  t.comment(`\n${faultTable(outcomes)}`);
  t.same(new Set(outcomes.map(({ kind }) => kind)), new Set(KINDS), 'each of the kinds has come');
  for (const { check, compared } of checks) if (check !== 'table arbitrage' && check !== 'arbitrage') t.ok(compared > 0, `${compared} compared: ${check}`);
  t.same(violationLines(violations), [], `seed ${SEED}; ${lines.slice(-20).join('\n')}`);
  const noted = readFileSync(join(folder, 'campaign.jsonl'), 'utf8').trim().split('\n').map((line) => (JSON.parse(line) as { kind: string }).kind);
  t.same([noted[0], noted.filter((kind) => kind === 'fault').length], ['begin', KINDS.length], 'the journal tells of each');
  if (violations.length === 0) rmSync(folder, { recursive: true, force: true });
  else t.comment(`details and logs: ${folder}`);
});
