import type { Check, Violation } from './verify.ts';

/** A fault as it went. */
export interface FaultOutcome {
  readonly number: number;
  readonly kind: string;
  readonly what: string;
  /** Since the campaign's first fault was due, ms. */
  readonly atMs: number;
  /** From its beginning until the run had recovered, ms. */
  readonly tookMs: number;
  readonly recoveryMs?: number;
  readonly takeoverMs?: number;
  /** Why the run did not recover, or the fault could not be brought about. */
  readonly failure?: string;
}

/** The smallest value that so large a share of them does not exceed (nearest rank); NaN of none. */
export const percentile = (values: readonly number[], share: number): number => values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * values.length) - 1)] ?? NaN;

const columns = ['fault', 'times', 'violations', 'recovery p50', 'p99', 'takeover p50', 'p99'] as const;
const seconds = (ms: number): string => (Number.isNaN(ms) ? '–' : `${(ms / 1_000).toFixed(2)} s`);

/** Faults by kind: how often, how many of them the run did not recover from, and how long recovery took. In Markdown, for the README as for a terminal. */
export const faultTable = (outcomes: readonly FaultOutcome[]): string => {
  const kinds = [...new Set(outcomes.map(({ kind }) => kind))].sort();
  const rows = kinds.map((kind) => {
    const of = outcomes.filter((outcome) => outcome.kind === kind);
    const recovery = of.flatMap(({ recoveryMs }) => recoveryMs ?? []), takeover = of.flatMap(({ takeoverMs }) => takeoverMs ?? []);
    return [kind, String(of.length), String(of.filter(({ failure }) => failure !== undefined).length), ...[recovery, takeover].flatMap((times) => [seconds(percentile(times, 0.5)), seconds(percentile(times, 0.99))])];
  });
  return table([[...columns], ...rows]);
};

/** What was compared after the run, and with what result. */
export const checkTable = (checks: readonly Check[]): string =>
  table([['compared', 'items', 'violations', ''], ...checks.map(({ check, compared, violations, note }) => [check, compared.toLocaleString('en'), String(violations.length), note ?? ''])]);

/** Each violation with the first of what differs, for a person. */
export const violationLines = (violations: readonly Violation[]): string[] =>
  violations.flatMap(({ check, text, first }) => [`${check}: ${text}`, ...first.map((one) => `    ${shortened(JSON.stringify(one))}`)]);

const LONGEST = 600;
const shortened = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

const table = (rows: readonly (readonly string[])[]): string => {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  return [line(rows[0]!), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.slice(1).map(line)].join('\n');
};
