import { UsageError } from './errors.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A moment as it is given to an option, epoch ms: ISO 8601, or how long ago (`90s`, `30m`, `2h`, `7d`). Throws UsageError. */
export const momentOf = (option: string, text: string, nowMs: number): number => {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (unit !== undefined) return nowMs - Number(count) * UNITS[unit]!;
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(ms)) throw new UsageError(`${option} ${text}: give a time as in 2026-03-01T18:00:00Z, or how long ago as in 90s, 30m, 2h, 7d.`);
  return ms;
};

/** A whole number that is not negative. Throws UsageError. */
export const countOf = (what: string, text: string): number => {
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`${what} ${text}: give a whole number, 0 or more.`);
  return Number(text);
};

/** A moment for a person, UTC. */
export const textOfMoment = (ms: number): string => new Date(ms).toISOString();
