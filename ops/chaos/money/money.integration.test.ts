/** A short part of a campaign on the money pipelines: what `npm run chaos -- --suite money` does for longer. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { faultTable, violationLines } from '../report.ts';
import { moneyCampaign } from './campaign.ts';

const SEED = 3, FAULTS = 10;

t.test(`faults of seed ${SEED}: no bet is lost and none paid twice`, { timeout: 1_700_000 }, async (t) => {
  for (const name of Object.keys(process.env)) if (name.startsWith('ODDSTREAM_')) delete process.env[name];
  const folder = mkdtempSync(join(tmpdir(), 'oddstream-money-test-')), lines: string[] = [];
  const { outcomes, checks, violations } = await moneyCampaign({ seed: SEED, faults: FAULTS, folder, say: (line) => { lines.push(line); }, signal: new AbortController().signal });
  t.comment(`\n${faultTable(outcomes)}`);
  t.equal(outcomes.length, FAULTS);
  for (const { check, compared } of checks) if (check !== 'ledger: debts') t.ok(compared > 0, `${compared} compared: ${check}`);
  t.same(violationLines(violations), [], `seed ${SEED}; ${lines.slice(-20).join('\n')}`);
  if (violations.length === 0) rmSync(folder, { recursive: true, force: true });
  else t.comment(`details and logs: ${folder}`);
});
