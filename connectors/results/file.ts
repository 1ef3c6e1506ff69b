import { parse } from 'csv-parse/sync';
import type { ResultInput } from '../../schemas/generated/result.ts';
import { ResultsError } from './errors.ts';
import { resultOf, rowFields, type Saying } from './row.ts';

/** A row as it stands in its file, and where. */
interface Given { readonly where: string; readonly row?: unknown; readonly problem?: string }

/** A result, and where in its file it is. */
export interface FiledResult { readonly where: string; readonly result: ResultInput }

const MOST_TOLD = 20;

/**
 * All results of a file: CSV with a header, or JSON where it begins with `[`. Whole or not at all: throws ResultsError with each line that is wrong, two that
 * say something of the same thing at the same time among them, since nobody could tell which of them counts.
 */
export const readResults = (text: string, file: string, saying: Saying): readonly FiledResult[] => {
  const given = /^\uFEFF?\s*\[/.test(text) ? itemsOf(text, file) : linesOf(text, file);
  if (given.length === 0) throw new ResultsError('results_malformed', `${file}: there is no result in it`);
  const results: FiledResult[] = [], problems: string[] = [], said = new Map<string, string>();
  for (const { where, row, problem } of given) {
    const result = problem ?? resultOf(row, saying);
    if (typeof result === 'string') { problems.push(`${where}: ${result}`); continue; }
    const { sport, event_id: event, market, action, void_from: from, void_until: until, timestamp } = result;
    const about = JSON.stringify([sport, event, market, action.endsWith('cancel'), from, until, timestamp]), before = said.get(about);
    if (before !== undefined) problems.push(`${where}: ${sport}:${event}:${market} is spoken of at ${before} already; give each a timestamp of its own`);
    said.set(about, where);
    results.push({ where, result });
  }
  if (problems.length === 0) return results;
  const more = problems.length - MOST_TOLD;
  throw new ResultsError('results_malformed', `${file}, ${problems[0]!}`, {
    detail: [...problems.slice(1, MOST_TOLD), ...(more > 0 ? [`and ${more} more`] : []), ...(problems.length > 1 ? [`${problems.length} of ${given.length} rows are wrong: none was sent`] : [])].join('\n'),
  });
};

const itemsOf = (text: string, file: string): Given[] => {
  try {
    return (JSON.parse(text.replace(/^\uFEFF/, '')) as unknown[]).map((row, at) => ({ where: `item ${at + 1}`, row }));
  } catch (cause) {
    throw new ResultsError('results_malformed', `${file} is no JSON: ${(cause as Error).message}`, { cause });
  }
};

/** In CSV a list is written as `home:won; away:lost`; its deductions and dead heats need JSON. */
const linesOf = (text: string, file: string): Given[] => {
  const header = (names: string[]): string[] => {
    const unknown = names.filter((one) => !rowFields.includes(one) || one === 'deductions');
    if (unknown.length > 0) throw new ResultsError('results_malformed', `${file}, line 1: there is no column ${unknown.map((one) => `'${one}'`).join(', ')}; there are ${rowFields.filter((one) => one !== 'deductions').join(', ')}`);
    return names;
  };
  try {
    const records = parse(text, { columns: header, bom: true, skip_empty_lines: true, trim: true, info: true }) as unknown as { readonly record: Readonly<Record<string, string>>; readonly info: { readonly lines: number } }[];
    return records.map(({ record, info }) => ({ where: `line ${info.lines}`, ...cellsOf(record) }));
  } catch (cause) {
    if (cause instanceof ResultsError) throw cause;
    const { message, lines } = cause as Error & { readonly lines?: number };
    throw new ResultsError('results_malformed', `${file}${lines === undefined ? '' : `, line ${lines}`}: ${message}`, { cause });
  }
};

const cellsOf = (record: Readonly<Record<string, string>>): Omit<Given, 'where'> => {
  const row: Record<string, unknown> = Object.fromEntries(Object.entries(record).filter(([, cell]) => cell !== ''));
  if (typeof row['outcomes'] !== 'string') return { row };
  const outcomes = new Map<string, string>();
  for (const pair of row['outcomes'].split(';')) {
    const at = pair.lastIndexOf(':'), outcome = pair.slice(0, at).trim();
    if (at < 0 || outcome === '') return { problem: `outcomes: '${pair.trim()}' is no outcome:result; write them as home:won; away:lost` };
    if (outcomes.has(outcome)) return { problem: `outcomes: ${outcome} is there twice` };
    outcomes.set(outcome, pair.slice(at + 1).trim());
  }
  return { row: { ...row, outcomes: Object.fromEntries(outcomes) } };
};
