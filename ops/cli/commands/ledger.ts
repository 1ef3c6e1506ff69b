import type { Command } from 'commander';
import pc from 'picocolors';
import { formatAmount } from '../../../domain/amount.ts';
import { configOf } from '../globals.ts';
import { say, table } from '../say.ts';

/** `oddstream ledger`. */
export const addLedger = (program: Command): void => {
  const group = program.command('ledger').description('whether money adds up, and where it is');

  group.command('check').description('add everything up again: entries, balances, bets, settlements, and the events that follow from them')
    .option('--json', 'as JSON')
    .addHelpText('after', `
All as of one moment, beside whatever is being written. Amounts in what is found are minor units. Exit code 1 where anything is wrong.
Examples:
  oddstream ledger check
  oddstream ledger check --json | jq '.[] | select(.wrong > 0)'`)
    .action(async (options: { json?: true }, self: Command) => {
      const [{ asQuant }, { checkLedger }] = await Promise.all([import('../bet-shown.ts'), import('../../ledger/ledger.ts')]);
      const findings = await asQuant(configOf(self), checkLedger);
      if (options.json === true) process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
      else {
        process.stdout.write(table(findings.map(({ name, doc, counted, wrong }) => [wrong === 0 ? 'ok' : pc.red('WRONG'), name, wrong === 0 ? counted.toLocaleString('en') : `${wrong.toLocaleString('en')} of ${counted.toLocaleString('en')}`, doc])));
        for (const { name, wrong, examples } of findings) {
          if (wrong === 0) continue;
          process.stdout.write(`\n${name}\n${examples.map((line) => `  ${line}\n`).join('')}${wrong > examples.length ? `  and ${(wrong - examples.length).toLocaleString('en')} more\n` : ''}`);
        }
      }
      if (findings.some(({ wrong }) => wrong > 0)) process.exitCode = 1;
    });

  group.command('balance').description("what the entries add up to, by account and bucket: ours first (house, provider:…, commission:…, cash, promotions), then account holders'").argument('[account]', 'this one alone')
    .option('--json', 'as JSON, in minor units')
    .addHelpText('after', `
From the owner's view: what house has gained is its balance, and cash is what was paid in, below zero. Of a debt (receivable) the balance is below zero.
Examples:
  oddstream ledger balance
  oddstream ledger balance provider:acme
  oddstream ledger balance anna --json`)
    .action(async (account: string | undefined, options: { json?: true }, self: Command) => {
      const [{ asQuant }, { balancesOf }] = await Promise.all([import('../bet-shown.ts'), import('../../ledger/ledger.ts')]);
      const balances = await asQuant(configOf(self), (client) => balancesOf(client, account));
      if (options.json === true) process.stdout.write(`${JSON.stringify(balances, null, 2)}\n`);
      else if (balances.length > 0) process.stdout.write(table([['account', 'bucket', 'balance'], ...balances.map(({ account: id, bucket, currency, minor }) => [id, bucket, formatAmount(minor, currency)])]));
      if (balances.length > 0) return;
      say(account === undefined ? 'the ledger has no entries yet' : `the ledger has no entries of '${account}'`);
      if (account !== undefined) process.exitCode = 1;
    });
};
