import { z } from 'zod';
import { catalogueOf, parseMarket } from '../../domain/market.ts';
import { scoreResult } from '../../domain/settlement.ts';
import { certaintySymbols, deductionKindSymbols, outcomeClassSymbols, resultActionSymbols, type OutcomeResultInput, type ResultInput } from '../../schemas/generated/result.ts';

const name = z.string().trim().min(1, 'is empty');
/** Sport and event are parts of the record's key, which are divided by colons. */
const keyPart = name.regex(/^[^:]*$/, 'may hold no colon');
const moment = z.iso.datetime({ offset: true, message: 'give a time with its zone, as in 2026-03-01T18:00:00Z' }).transform((text) => Date.parse(text));
const outcomeClass = z.enum(outcomeClassSymbols, { error: `give one of ${outcomeClassSymbols.join(', ')}` });

/** A row as it is given: in JSON an item, in CSV a line whose empty cells are left out. */
const rowSchema = z.strictObject({
  sport: keyPart, event_id: keyPart, market: name,
  action: z.enum(resultActionSymbols, { error: `give one of ${resultActionSymbols.join(', ')}` }).default('settle'),
  certainty: z.enum(certaintySymbols, { error: `give one of ${certaintySymbols.join(', ')}` }).default('confirmed'),
  outcomes: z.record(name, z.union([outcomeClass, z.strictObject({ result: outcomeClass, dead_heat_factor: z.number().gt(0).lte(1) })], { error: `give each outcome one of ${outcomeClassSymbols.join(', ')}, or {"result": …, "dead_heat_factor": …}` })).optional(),
  score: z.string().regex(/^\d{1,4}\s*[-:]\s*\d{1,4}$/, 'give home and away, as in 2-1').optional(),
  deductions: z.array(z.strictObject({ kind: z.enum(deductionKindSymbols), rate: z.number().gte(0).lt(1), withdrawn_at: moment })).optional(),
  void_from: moment.optional(), void_until: moment.optional(), timestamp: moment.optional(),
});

export const rowFields = Object.keys(rowSchema.shape);

/** Who says it, and when where a row does not say so. */
export interface Saying { readonly provider: string; readonly nowMs: number }

/** The result that a row says, or what is wrong with it. */
export const resultOf = (given: unknown, { provider, nowMs }: Saying): ResultInput | string => {
  const parsed = rowSchema.safeParse(given);
  if (!parsed.success) return issueText(parsed.error);
  const { outcomes, score, deductions, void_from: voidFrom, void_until: voidUntil, timestamp, ...row } = parsed.data;
  const market = parseMarket(row.market);
  if (!market.ok) return `market: ${market.error.message}`;
  const isSettle = row.action === 'settle', isCancel = row.action === 'cancel' || row.action === 'rollback_cancel';
  if (isSettle ? (outcomes === undefined) === (score === undefined) : outcomes !== undefined || score !== undefined) {
    return isSettle ? 'settle needs either outcomes or a score' : `${row.action} has neither outcomes nor a score`;
  }
  if (!isCancel && (voidFrom !== undefined || voidUntil !== undefined)) return `${row.action} has no window: void_from and void_until are of cancel and rollback_cancel`;
  if (!isSettle && deductions !== undefined) return `${row.action} has no deductions`;
  const results = outcomes === undefined ? ofScore(row.market, score) : ofOutcomes(row.market, outcomes);
  if (typeof results === 'string') return results;
  return { ...row, timestamp: timestamp ?? nowMs, provider, outcomes: results, void_from: voidFrom ?? null, void_until: voidUntil ?? null, deductions: deductions ?? [] };
};

const ofScore = (market: string, score: string | undefined): readonly OutcomeResultInput[] | string => {
  if (score === undefined) return [];
  const [home, away] = score.split(/[-:]/).map(Number);
  const classes = scoreResult(market, home!, away!);
  if (classes === undefined) return `${market} is not decided by a score: give its outcomes`;
  return catalogueOf(market)!.outcomes.map((outcome, at) => ({ outcome, result: classes[at]! }));
};

type GivenOutcomes = NonNullable<z.infer<typeof rowSchema>['outcomes']>;

/** Where all outcomes of the market are known they must all be there, or bets on those that are not would stay open. */
const ofOutcomes = (market: string, outcomes: GivenOutcomes): readonly OutcomeResultInput[] | string => {
  const given = Object.keys(outcomes), known = catalogueOf(market)?.outcomes;
  if (given.length === 0) return 'outcomes: there are none';
  const unknown = known === undefined ? [] : given.filter((outcome) => !known.includes(outcome)), missing = (known ?? []).filter((outcome) => !given.includes(outcome));
  if (unknown.length + missing.length > 0) return `outcomes: ${market} has ${known!.join(', ')}${unknown.length > 0 ? `, and no ${unknown.join(', ')}` : ''}${missing.length > 0 ? `; say what became of ${missing.join(', ')}` : ''}`;
  return Object.entries(outcomes).map(([outcome, one]) => (typeof one === 'string' ? { outcome, result: one } : { outcome, ...one }));
};

const issueText = (error: z.ZodError): string => {
  const issue = error.issues[0]!;
  if (issue.code === 'unrecognized_keys') return `there is no ${issue.keys.join(', ')}: a row has ${rowFields.join(', ')}`;
  const at = issue.path.join('.');
  if (at === '') return 'is no row';
  return issue.code === 'invalid_type' && issue.input === undefined ? `${at} is missing` : `${at}: ${issue.message}`;
};
