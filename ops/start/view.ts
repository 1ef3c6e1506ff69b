import pc from 'picocolors';
import { formatAmount } from '../../domain/amount.ts';
import { fateNames } from '../../stream/fates.ts';
import { ago, count, type Figures } from '../cli/figures.ts';
import type { WatchedBets } from './bets-watcher.ts';
import type { WatchedArbitrage, WatchedMarket, WatchedRisk } from './watcher.ts';

/** All that is shown, as of one moment. */
export interface ViewModel {
  readonly nowMs: number;
  readonly startedMs: number;
  /** What feeds it, and how far that is. */
  readonly feed: string;
  readonly updatesPerSecond: number;
  readonly pipelines: readonly { readonly name: string; readonly figures: Figures | undefined; readonly perSecond: number }[];
  readonly markets: readonly WatchedMarket[];
  /** Newest first. */
  readonly arbitrages: readonly WatchedArbitrage[];
  readonly openArbitrages: number;
  readonly seenArbitrages: number;
  /** Best prices that were seen so far, shown or not. */
  readonly seenPrices: number;
  /** By currency; empty before the first bet. */
  readonly bets: readonly WatchedBets[];
  /** The house first. */
  readonly risks: readonly WatchedRisk[];
  readonly nameOf: (eventId: string) => string;
  /** Said under the title: what is special about this run. */
  readonly notes: readonly string[];
  /** What this view cannot see, and why. */
  readonly problems: readonly string[];
  /** Label and text; texts are commands or addresses and are never cut. */
  readonly where: readonly (readonly [string, string])[];
}

interface Cell { readonly text: string; readonly paint?: (text: string) => string }

const cell = (text: string, paint?: (text: string) => string): Cell => (paint === undefined ? { text } : { text, paint });

/** Cells as a line, cut to a width before the colours come in. */
const line = (width: number, cells: readonly Cell[]): string => {
  let left = width;
  let out = '';
  for (const { text, paint } of cells) {
    if (left <= 0) break;
    const cut = text.length <= left ? text : `${text.slice(0, left - 1)}…`;
    left -= cut.length;
    out += paint === undefined ? cut : paint(cut);
  }
  return out.trimEnd();
};

const time = (ms: number): string => new Date(ms).toISOString().slice(11, 19);
const pad = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length - 1)}…` : text.padEnd(length));
const behind = (figures: Figures | undefined): string => (figures?.behindMs === undefined ? '-' : ago(figures.behindMs));

const SHOWN_RISKS = 3;
const LABELS: Readonly<Record<(typeof fateNames)[number], string>> = { applied: 'applied', unchanged: 'unchanged', late_applied: 'late', stale: 'stale', control: 'control', dead: 'dead' };

/** The live view, for a terminal of this width. It ends before it is higher than `height`. */
export const renderView = (model: ViewModel, width: number, height: number): string => {
  const { nowMs, pipelines } = model;
  const title = (text: string): string => pc.bold(pc.cyan(text));
  const lines: string[] = [
    line(width, [cell('oddstream', pc.bold), cell(`  running for ${ago(nowMs - model.startedMs)} · `), cell(`${count(model.updatesPerSecond)} updates/s`, pc.green), cell(` · ${model.feed}`)]),
    ...model.notes.map((note) => line(width, [cell(note, pc.dim)])),
    ...model.problems.map((problem) => line(width, [cell(problem, pc.red)])),
    '',
    line(width, [cell(`${pad('pipelines', 20)}${'records/s'.padStart(10)}${'lag'.padStart(9)}${'behind'.padStart(9)}${fateNames.map((fate) => LABELS[fate].padStart(11)).join('')}  unaccounted`, title)]),
    ...pipelines.map(({ name, figures, perSecond }) => (figures === undefined
      ? line(width, [cell(pad(name, 20)), cell('starting', pc.yellow)])
      : line(width, [
        cell(pad(name, 20)), cell(count(perSecond).padStart(10)), cell(count(figures.lagOffsets).padStart(9)), cell(behind(figures).padStart(9)),
        ...fateNames.map((fate) => cell(count(figures.fates[fate]).padStart(11), fate === 'dead' && figures.fates.dead > 0 ? pc.red : undefined)),
        cell(`  ${figures.unaccounted === 0 ? '0' : count(figures.unaccounted)}`.padEnd(13), figures.unaccounted === 0 ? pc.green : pc.red),
      ]))),
    '',
    line(width, [cell('best prices now', title), cell(`  the best live price of each outcome, and who offers it; a sum of 1/price below 1 is an arbitrage`, pc.dim)]),
    ...(model.markets.length === 0 ? [pc.dim(`  ${noPrice(model)}`)] : model.markets.map((market) => marketLine(market, model, width))),
    '',
    line(width, [cell('arbitrages', title), cell(`  ${count(model.openArbitrages)} open, ${count(model.seenArbitrages)} seen`), cell('  executable: whole stakes still win in every case', pc.dim)]),
    ...(model.arbitrages.length === 0 ? [pc.dim('  none yet')] : model.arbitrages.map((arbitrage) => arbitrageLine(arbitrage, model, width))),
    '',
    line(width, [cell('bets', title), cell('  invented people bet at our own book and at the providers; a correction is a settlement that was taken back', pc.dim)]),
    ...(model.bets.length === 0 ? [pc.dim('  none yet')] : model.bets.map((bets) => betsLine(bets, width))),
    '',
    line(width, [cell('risk', title), cell('  what may be lost on the bets that are open: at worst, in 1 of 20 cases (VaR), and in the mean of those (CVaR)', pc.dim)]),
    ...(model.risks.length === 0 ? [pc.dim('  not computed yet')] : model.risks.slice(0, SHOWN_RISKS).map((risk) => line(width, [cell(`  ${riskText(risk)}`), cell(`  ${count(risk.computed)} times, ${risk.by}`, pc.dim)]))),
    '',
    title('where to look'),
    ...model.where.map(([label, text]) => `  ${pc.dim(label.padEnd(9))}${text}`),
    pc.dim('Ctrl-C stops everything.'),
  ];
  // A wrapped line takes more than one row; colours take none.
  const rowsOf = (text: string): number => Math.max(1, Math.ceil(text.replaceAll(/\u001b\[[0-9;]*m/g, '').length / width));
  let rows = 0;
  return lines.filter((text) => (rows += rowsOf(text)) < height).join('\n');
};

const noPrice = ({ seenPrices }: ViewModel): string => (seenPrices === 0 ? 'no best price yet: waiting for the first window to close' : 'no market has a live price any more');

const marketLine = ({ eventId, market, inPlay, inverseSum, outcomes }: WatchedMarket, { nameOf }: ViewModel, width: number): string => line(width, [
  cell(`  ${pad(nameOf(eventId), 34)} `), cell(pad(market, 18)), cell(inPlay ? ' live ' : '      ', pc.magenta),
  ...outcomes.flatMap(({ outcome, price, provider, moved }) => [
    cell(`${outcome} `, pc.dim), cell(`${price.toFixed(2)}${moved > 0 ? '▲' : moved < 0 ? '▼' : ' '}`, moved > 0 ? pc.green : moved < 0 ? pc.red : pc.bold), cell(` ${pad(provider, 12)} `),
  ]),
  ...(inverseSum === null ? [] : [cell(` Σ ${inverseSum.toFixed(4)}`, inverseSum < 1 ? pc.green : pc.dim)]),
]);

const arbitrageLine = (arbitrage: WatchedArbitrage, { nameOf, nowMs }: ViewModel, width: number): string => {
  const { isOpen, openedAt, timestamp, eventId, market, margin, legs, oldestLegAgeMs, isExecutable, isPalpableError } = arbitrage;
  return line(width, [
    cell(`  ${time(openedAt)} `, pc.dim),
    isOpen ? cell(pad(`open ${ago(Math.max(0, nowMs - openedAt))}`, 16), pc.green) : cell(pad(`closed, ${ago(timestamp - openedAt)}`, 16), pc.dim),
    cell(`${(margin * 100).toFixed(2)} % `.padStart(9), pc.bold),
    ...(isPalpableError ? [cell('palpable error ', pc.red)] : isExecutable ? [cell('executable ', pc.green)] : []),
    cell(`${nameOf(eventId)} ${market}: ${legs.map(({ outcome, side, price, provider }) => `${side === 'lay' ? 'lay ' : ''}${outcome} ${price.toFixed(2)} ${provider}`).join(' · ')}`),
    cell(`, oldest leg ${ago(oldestLegAgeMs)}`, pc.dim),
  ]);
};

const signed = (minor: number, currency: string): string => `${minor > 0 ? '+' : ''}${formatAmount(minor, currency)}`;
const ledgerText = ({ offMinor, currency }: WatchedBets): string => (offMinor === 0 ? 'the ledger balances' : `THE LEDGER IS OFF BY ${formatAmount(offMinor, currency)}`);
const countsText = ({ open, settled, corrections }: WatchedBets): string => `${count(open)} open, ${count(settled)} settled, ${count(corrections)} corrections`;

const betsLine = (bets: WatchedBets, width: number): string => {
  const { currency, stakedMinor, turnoverMinor, houseMinor, offMinor } = bets;
  return line(width, [
    cell(`  ${countsText(bets)} · at stake ${formatAmount(stakedMinor, currency)} · turnover ${formatAmount(turnoverMinor, currency)} · house `),
    cell(signed(houseMinor, currency), houseMinor < 0 ? pc.red : pc.green), cell(' · '), cell(ledgerText(bets), offMinor === 0 ? pc.green : pc.red),
  ]);
};

const riskText = ({ portfolio, currency, bets, exposureMinor, expectedPnlMinor, var95Minor, cvar95Minor }: WatchedRisk): string => {
  const amount = (minor: number): string => formatAmount(Math.round(minor), currency);
  return `${portfolio}: ${count(bets)} bets, exposure ${amount(exposureMinor)}, expected ${signed(Math.round(expectedPnlMinor), currency)}, VaR 95 % ${amount(var95Minor)}, CVaR ${amount(cvar95Minor)}`;
};

/** The same figures in one line, for a log. */
export const renderLine = (model: ViewModel): string => {
  const { nowMs, startedMs, nameOf } = model;
  const all = model.pipelines.flatMap(({ figures }) => figures ?? []);
  const fates = model.pipelines[0]?.figures?.fates;
  const [market] = model.markets;
  const [arbitrage] = model.arbitrages;
  return [
    `${ago(nowMs - startedMs)}: ${count(model.updatesPerSecond)} updates/s (${model.feed})`,
    ...model.pipelines.filter(({ figures }) => figures === undefined).map(({ name }) => `${name} is starting`),
    ...(all.length === 0 ? [] : [
      `lag ${count(Math.max(...all.map(({ lagOffsets }) => lagOffsets)))} records, ${ago(Math.max(...all.map(({ behindMs = 0 }) => behindMs)))}`,
      ...(fates === undefined ? [] : [fateNames.map((fate) => `${LABELS[fate]} ${count(fates[fate])}`).join(' ')]),
      `unaccounted ${count(all.reduce((sum, { unaccounted }) => sum + unaccounted, 0))}`,
    ]),
    ...(market === undefined ? [noPrice(model)] : [`best prices of ${nameOf(market.eventId)} ${market.market}: ${market.outcomes.map(({ outcome, price, provider }) => `${outcome} ${price.toFixed(2)} ${provider}`).join(', ')}`]),
    `arbitrages: ${count(model.openArbitrages)} open, ${count(model.seenArbitrages)} seen${arbitrage === undefined ? '' : `, the last one ${(arbitrage.margin * 100).toFixed(2)} % on ${nameOf(arbitrage.eventId)} ${arbitrage.market}`}`,
    ...model.bets.map((bets) => `bets: ${countsText(bets)}, turnover ${formatAmount(bets.turnoverMinor, bets.currency)}, house ${signed(bets.houseMinor, bets.currency)}, ${ledgerText(bets)}`),
    ...model.risks.slice(0, 1).map((risk) => `risk of ${riskText(risk)} (${risk.by})`),
    ...model.problems,
  ].join(' · ');
};
