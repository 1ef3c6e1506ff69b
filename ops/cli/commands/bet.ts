import { type Command, Option } from 'commander';
import { accountOf, amountOf, legOf, slippageOf, uuidOf } from '../bet-options.ts';
import { addSendingOptions, sendCommand, type SendingOptions } from '../bet-sending.ts';
import { UsageError } from '../errors.ts';
import { configOf } from '../globals.ts';

interface PlaceOptions extends SendingOptions {
  readonly account: string; readonly stake: string; readonly currency: string; readonly leg: readonly string[]; readonly provider?: string; readonly side: 'back' | 'lay';
  readonly slippage: string; readonly free?: true;
}
interface CashOutOptions extends SendingOptions { readonly account: string; readonly currency?: string; readonly part?: string; readonly minPayout?: string }

const ANSWERS = 'Exit codes: 0 done, 1 rejected (the answer says why), 2 wrong usage, 3 no answer in time.';

/** `oddstream bet`. */
export const addBet = (program: Command): void => {
  const group = program.command('bet').description('place a bet, take it back, cash it out, or show it');

  addSendingOptions(group.command('place').description('place a single, or a multiple with several legs')
    .requiredOption('--account <id>', 'whose bet it is')
    .requiredOption('--stake <amount>', "as in 12.50; of a lay the backer's stake")
    .requiredOption('--currency <code>', "ISO 4217: the account's")
    .requiredOption('--leg <sport:event:market/outcome@price>', 'what is bet on, and the decimal price seen; several make a multiple', (text: string, before: readonly string[] | undefined) => [...(before ?? []), text])
    .option('--provider <name>', 'who is to take it: a provider, or house for our own book (default: whoever gives the best net price)')
    .addOption(new Option('--side <side>', 'back or lay').choices(['back', 'lay']).default('back'))
    .option('--slippage <fraction>', 'how much worse than the price seen each leg may be', '0')
    .option('--free', 'a free bet: its stake is not returned'))
    .addHelpText('after', `
In play a bet is first delayed, and then looked at again. ${ANSWERS}
Examples:
  oddstream bet place --account anna --stake 10 --currency EUR --leg football:e1:1x2/home@2.10 --provider house
  oddstream bet place --account anna --stake 5 --currency EUR --leg football:e1:totals:2.5/over@1.91 --leg tennis:e2:moneyline/away@3.2 --slippage 0.02`)
    .action(async (options: PlaceOptions, self: Command) => {
      const { minor } = amountOf('--stake', options.stake, options.currency), legs = options.leg.map(legOf);
      if (legs.length > 1 && options.side === 'lay') throw new UsageError('--side lay: a multiple cannot be laid.', 'lay_multiple');
      await sendCommand({
        account_id: accountOf(options.account), action: 'place', currency: options.currency, amount_minor: minor, side: options.side, provider: options.provider ?? null, legs,
        slippage: slippageOf(options.slippage), free_bet: options.free === true,
      }, options, self);
    });

  addSendingOptions(group.command('cancel').description('take back a bet that was not accepted yet').argument('<bet>').requiredOption('--account <id>', 'whose bet it is'))
    .addHelpText('after', `
${ANSWERS}
Example:
  oddstream bet cancel 0b1d3c52-5b0e-4c53-9d6c-0a4f6f1f2f10 --account anna`)
    .action(async (bet: string, options: SendingOptions & { account: string }, self: Command) => {
      await sendCommand({ account_id: accountOf(options.account), action: 'cancel', refers_to: uuidOf('bet', bet) }, options, self);
    });

  addSendingOptions(group.command('cash-out').description('close a bet, or a part of its stake, for what it is worth now').argument('<bet>')
    .requiredOption('--account <id>', 'whose bet it is')
    .option('--part <amount>', 'the part of the stake to close (default: all of it); needs --currency')
    .option('--min-payout <amount>', 'the least that is accepted; needs --currency')
    .option('--currency <code>', "ISO 4217: the bet's"))
    .addHelpText('after', `
${ANSWERS}
Example:
  oddstream bet cash-out 0b1d3c52-5b0e-4c53-9d6c-0a4f6f1f2f10 --account anna --part 5 --min-payout 4.20 --currency EUR`)
    .action(async (bet: string, options: CashOutOptions, self: Command) => {
      const amount = (option: string, text: string | undefined): number | null => {
        if (text === undefined) return null;
        if (options.currency === undefined) throw new UsageError(`${option} ${text}: of which currency? Give --currency.`, 'currency_missing');
        return amountOf(option, text, options.currency).minor;
      };
      await sendCommand({
        account_id: accountOf(options.account), action: 'cash_out', refers_to: uuidOf('bet', bet),
        amount_minor: amount('--part', options.part), min_payout_minor: amount('--min-payout', options.minPayout),
      }, options, self);
    });

  group.command('show').description('a bet with its legs, every settlement it had, its entries in the ledger, and which record each follows from').argument('<id>', "a bet's, or a command's")
    .option('--json', 'as JSON')
    .addHelpText('after', `
Exit code 1 where there is none. 'oddstream why <topic> <partition> <offset>' goes on from each record.
Example:
  oddstream bet show 0b1d3c52-5b0e-4c53-9d6c-0a4f6f1f2f10`)
    .action(async (given: string, options: { json?: true }, self: Command) => {
      const id = uuidOf('id', given), config = configOf(self);
      const { asQuant, betText, commandText, findBets, findCommand } = await import('../bet-shown.ts');
      const { bets, command } = await asQuant(config, async (client) => ({ bets: await findBets(client, id), command: await findCommand(client, id) }));
      if (options.json === true) process.stdout.write(`${JSON.stringify({ bets, command: command ?? null }, null, 2)}\n`);
      else process.stdout.write([...bets.map((bet) => betText(bet, config)), ...(command === undefined ? [] : [commandText(command, config)])].join('\n'));
      if (bets.length > 0 || command !== undefined) return;
      process.stderr.write(`oddstream: there is no bet and no command ${id}: it was never sent, or the pipeline 'bets' has not come to it yet\n`);
      process.exitCode = 1;
    });
};
