import type { Command } from 'commander';
import type { BetCommandInput } from '../../../schemas/generated/bet-command.ts';
import { accountOf, amountOf } from '../bet-options.ts';
import { addSendingOptions, sendCommand, type SendingOptions } from '../bet-sending.ts';
import { configOf } from '../globals.ts';

interface OpenOptions extends SendingOptions { readonly currency: string; readonly user?: string; readonly syndicate?: string }
interface MoveOptions extends SendingOptions { readonly currency: string }

const ANSWERS = 'Exit codes: 0 done, 1 rejected (the answer says why), 2 wrong usage, 3 no answer in time.';

/** `oddstream account`. */
export const addAccount = (program: Command): void => {
  const group = program.command('account').description('open an account, pay in, pay out, or show it');

  addSendingOptions(group.command('open').description('open an account').argument('<account>')
    .requiredOption('--currency <code>', 'ISO 4217, for ever')
    .option('--user <id>', "who holds it (default: the account's id)")
    .option('--syndicate <id>', 'whom it bets with'))
    .addHelpText('after', `
${ANSWERS}
Example:
  oddstream account open anna --currency EUR`)
    .action(async (account: string, options: OpenOptions, self: Command) => {
      // Only its form: an amount tells whether a currency is one.
      amountOf('', '1', options.currency);
      await sendCommand({ account_id: accountOf(account), action: 'open_account', currency: options.currency, user_id: options.user ?? null, syndicate_id: options.syndicate ?? null }, options, self);
    });

  const moving = (name: 'deposit' | 'withdraw', doc: string, note: string): void => {
    addSendingOptions(group.command(name).description(doc).argument('<account>').argument('<amount>', 'as in 12.50').requiredOption('--currency <code>', "ISO 4217: the account's"))
      .addHelpText('after', `
${note}${ANSWERS}
Example:
  oddstream account ${name} anna 100 --currency EUR`)
      .action(async (account: string, amount: string, options: MoveOptions, self: Command) => {
        const action: BetCommandInput['action'] = name;
        await sendCommand({ account_id: accountOf(account), action, currency: options.currency, amount_minor: amountOf('amount', amount, options.currency).minor }, options, self);
      });
  };
  moving('deposit', 'pay money in', '');
  moving('withdraw', 'have money paid out', 'The money is held first: the payment is completed or released by the operator. ');

  group.command('show').description("an account's balances, bets, and newest entries in the ledger").argument('<account>')
    .option('--json', 'as JSON')
    .addHelpText('after', `
Exit code 1 where there is none.
Example:
  oddstream account show anna`)
    .action(async (given: string, options: { json?: true }, self: Command) => {
      const id = accountOf(given);
      const { accountText, asQuant, findAccount } = await import('../bet-shown.ts');
      const account = await asQuant(configOf(self), (client) => findAccount(client, id));
      if (account === undefined) {
        process.stderr.write(`oddstream: there is no account '${id}': open it with 'oddstream account open ${id} --currency EUR'\n`);
        process.exitCode = 1;
      } else process.stdout.write(options.json === true ? `${JSON.stringify(account, null, 2)}\n` : accountText(account));
    });
};
