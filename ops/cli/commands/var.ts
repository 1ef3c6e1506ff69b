import type { Command } from 'commander';
import pc from 'picocolors';
import { formatAmount, parseAmount } from '../../../domain/amount.ts';
import { parseRecordKey } from '../../../domain/market.ts';
import type { Overrides } from '../../../domain/var/inputs.ts';
import type { RiskResult } from '../../../domain/var/risk.ts';
import { VarError } from '../../../domain/var/types.ts';
import type { Loss } from '../../risk/again.ts';
import { UsageError } from '../errors.ts';
import { configOf } from '../globals.ts';
import { momentOf, textOfMoment } from '../moments.ts';
import { say, table } from '../say.ts';
import type { StoredRisk } from '../stored-risks.ts';

const SHOWN = 10;

/** `oddstream var`. */
export const addVar = (program: Command): void => {
  program.command('var').description('what portfolios of open bets can lose; of one, computed again from what it was computed from')
    .option('--portfolio <name>', 'house, syndicate:<id>, user:<id>, provider:<id>, event:<sport>:<id>, market:<sport>:<id>:<market>')
    .option('--at <time>', 'as it was then (2026-03-01T18:00:00Z, or how long ago as in 30m); now where left out')
    .option('--from-log', 'make what it was computed from again, out of the log, up to the offsets that the record names')
    .option('--lose <amount>', 'also the likeliest outcomes by which it loses so much, in its currency')
    .option('--what-if <market=outcome:probability,…>', 'also what it were with these fair probabilities of a market; may be repeated', (text: string, before: Overrides) => ({ ...before, ...overrideOf(text) }), {})
    .option('--backend <name>', 'which backend computes again: reference, wasm-simd, gpu.js webasm, gpu.js webgpu; the fastest where left out')
    .option('--json', 'as JSON')
    .addHelpText('after', `
Amounts of a loss are positive. Without --portfolio the newest of each is listed, as it was recorded. With it, the same numbers must come out again on any backend: exit code 1
where they do not, or where there is none. A log that was compacted since no longer gives what it gave; what was kept beside the record does.
Examples:
  oddstream var
  oddstream var --portfolio house --lose 5000
  oddstream var --portfolio house --what-if football:e1:1x2=home:0.6,draw:0.25,away:0.15
  oddstream var --portfolio syndicate:alpha --at 2h --from-log --backend reference`)
    .action(async (options: { portfolio?: string; at?: string; fromLog?: true; lose?: string; whatIf: Overrides; backend?: string; json?: true }, self: Command) => {
      const config = configOf(self), nowMs = Date.now(), atMs = options.at === undefined ? nowMs : momentOf('--at', options.at, nowMs), { portfolio } = options;
      const isWhatIf = Object.keys(options.whatIf).length > 0;
      if (portfolio === undefined && (options.fromLog === true || options.backend !== undefined || options.lose !== undefined || isWhatIf)) throw new UsageError('--from-log, --backend, --lose and --what-if are of one portfolio: name it with --portfolio.');
      const [{ asQuant }, { riskAt, risksAt }] = await Promise.all([import('../bet-shown.ts'), import('../stored-risks.ts')]);
      if (portfolio === undefined) {
        const risks = await asQuant(config, (client) => risksAt(client, atMs));
        if (options.json === true) process.stdout.write(`${JSON.stringify(risks.map(withoutModel), null, 2)}\n`);
        else if (risks.length > 0) process.stdout.write(table([['portfolio', 'as of', 'bets', 'exposure', 'expected', 'VaR 95 %', 'CVaR 95 %', 'backend'], ...risks.map(lineOf)]));
        if (risks.length === 0) say('no risk has been recorded yet: are market-var and risk-var-history running?');
        return;
      }
      const stored = await asQuant(config, (client) => riskAt(client, portfolio, atMs));
      if (stored === undefined) {
        say(`nothing has been recorded of '${portfolio}' up to ${textOfMoment(atMs)}: 'oddstream var' lists what there is`);
        process.exitCode = 1;
        return;
      }
      const loss = options.lose === undefined ? undefined : parseAmount(options.lose, stored.currency);
      if (loss?.ok === false) throw new UsageError(`--lose: ${loss.error.message}`);
      const { computedAgain, lossOf, riskWith } = await import('../../risk/again.ts'), computing = { backend: options.backend ?? 'auto', onWarning: say };
      const whatIf = isWhatIf ? await riskWith(stored, options.whatIf, computing).catch(refused) : undefined;
      const again = await computedAgain({ config, stored, isFromLog: options.fromLog === true, ...computing });
      const lost = loss === undefined ? undefined : lossOf(stored, loss.value.minor) ?? null;
      if (options.json === true) process.stdout.write(`${JSON.stringify({ ...withoutModel(stored), again, ...(lost === undefined ? {} : { loss: lost }), ...(whatIf === undefined ? {} : { what_if: whatIf }) }, null, 2)}\n`);
      else process.stdout.write(textOf(stored) + (lost === undefined ? '' : lossText(stored.currency, lost)) + (whatIf === undefined ? '' : whatIfText(stored, whatIf)));
      if (again.differences.length === 0) say(pc.green(`the same comes out again, from ${again.from}, on ${again.backend}, in ${Math.round(again.tookMs)} ms`));
      else {
        for (const difference of again.differences) say(pc.red(difference));
        process.exitCode = 1;
      }
    });
};

/** Of one market, as in `football:e1:1x2=home:0.5,draw:0.3,away:0.2`. Throws UsageError. */
const overrideOf = (text: string): Overrides => {
  const at = text.indexOf('='), market = text.slice(0, at), outcomes = text.slice(at + 1).split(',').map((part) => /^(.+):(\d*\.?\d+)$/.exec(part));
  if (at < 1 || !parseRecordKey(market).ok || outcomes.some((outcome) => outcome === null)) throw new UsageError(`--what-if ${text}: give sport:event:market=outcome:probability,…, as in football:e1:1x2=home:0.5,draw:0.3,away:0.2.`);
  return { [market]: Object.fromEntries(outcomes.map((outcome) => [outcome![1]!, Number(outcome![2])])) };
};

const refused = (error: unknown): never => { throw error instanceof VarError ? new UsageError(`--what-if: ${error.message}`, error.code) : error; };

const withoutModel = ({ model: _, ...risk }: StoredRisk): Omit<StoredRisk, 'model'> => risk;

const backendOf = ({ method, backend, adapter, is_software: isSoftware }: StoredRisk): string => (method === 'exact' ? 'exact' : `${backend}${adapter === null ? '' : ` on ${adapter}${isSoftware ? ' (software)' : ''}`}`);

const lineOf = (risk: StoredRisk): string[] => {
  const { portfolio, timestampMs, active_bets: bets, currency } = risk, amount = (minor: number): string => formatAmount(Math.round(minor), currency);
  return [portfolio, textOfMoment(timestampMs), String(bets), amount(risk.total_exposure_minor), amount(risk.expected_pnl_minor), amount(risk.var_95_minor), amount(risk.cvar_95_minor), backendOf(risk)];
};

const textOf = (risk: StoredRisk): string => {
  const { currency } = risk, amount = (minor: number): string => formatAmount(Math.round(minor), currency);
  const estimate = (minor: number, error: number): string => (error === 0 ? amount(minor) : `${amount(minor)}  ± ${amount(error)}`);
  const rows: [string, string][] = [
    ['portfolio', risk.portfolio], ['as of', textOfMoment(risk.timestampMs)], ['open bets', String(risk.active_bets)],
    ['exposure', `${amount(risk.total_exposure_minor)}${risk.exposure_is_bound ? '  (a bound)' : ''}`], ['P&L today', amount(risk.daily_pnl_minor)],
    ['expected P&L', estimate(risk.expected_pnl_minor, risk.expected_pnl_error)], ['chance of loss', `${(100 * risk.probability_of_loss).toFixed(2)} %`],
    ['VaR 95 %', estimate(risk.var_95_minor, risk.var_95_error)], ['CVaR 95 %', estimate(risk.cvar_95_minor, risk.cvar_95_error)],
    ['VaR 99 %', estimate(risk.var_99_minor, risk.var_99_error)], ['CVaR 99 %', estimate(risk.cvar_99_minor, risk.cvar_99_error)],
    ['by correlation', amount(risk.correlation_impact_minor)],
    ['computed', risk.method === 'exact' ? 'exactly' : `${risk.paths.toLocaleString('en')} paths, ${backendOf(risk)}`],
  ];
  const sections = [table(rows)];
  const { contributions, bets, stress, flags } = risk;
  if (contributions.length > 0) sections.push('\nin the CVaR 95 %\n', table(contributions.slice(0, SHOWN).map(({ component, cvar_95_minor: minor }) => [`  ${component}`, amount(minor)])));
  if (bets.length > 0) sections.push('\nof the single bets and multiples\n', table(bets.slice(0, SHOWN).map(({ bet_id: id, cvar_95_minor: minor }) => [`  ${id}`, amount(minor)])));
  if (stress.length > 0) sections.push('\nif\n', table(stress.map(({ scenario, pnl_minor: minor }) => [`  ${scenario}`, amount(minor)])));
  if (flags.length > 0) sections.push('\nflagged\n', table(flags.slice(0, SHOWN).map(({ market, code }) => [`  ${market}`, code])));
  return sections.join('');
};

const whatIfText = (stored: StoredRisk, { measures: { expectedPnl, probabilityOfLoss, var95, cvar95, var99, cvar99 }, correlationImpactMinor }: RiskResult): string => {
  const amount = (minor: number): string => formatAmount(Math.round(minor), stored.currency), chance = (share: number): string => `${(100 * share).toFixed(2)} %`;
  return `\nwith other probabilities\n${table([
    ['', 'recorded', 'what if'], ['expected P&L', amount(stored.expected_pnl_minor), amount(expectedPnl.value)], ['chance of loss', chance(stored.probability_of_loss), chance(probabilityOfLoss.value)],
    ['VaR 95 %', amount(stored.var_95_minor), amount(var95.value)], ['CVaR 95 %', amount(stored.cvar_95_minor), amount(cvar95.value)],
    ['VaR 99 %', amount(stored.var_99_minor), amount(var99.value)], ['CVaR 99 %', amount(stored.cvar_99_minor), amount(cvar99.value)],
    ['by correlation', amount(stored.correlation_impact_minor), amount(correlationImpactMinor)],
  ])}`;
};

const lossText = (currency: string, loss: Loss | null): string => {
  if (loss === null) return '\nno outcomes were found by which it loses so much\n';
  const { pnlMinor, probability, isExact, ends } = loss;
  return `\nloses ${formatAmount(Math.round(-pnlMinor), currency)}, of all that lose so much ${isExact ? 'the likeliest' : 'as likely as was found'} (each event by itself, 1 in ${Math.round(1 / probability).toLocaleString('en')}), if\n${table(ends.map(({ market, won }) => [`  ${market}`, won.length === 0 ? 'nothing wins' : won.join(', ')]))}`;
};
