/** Limits and their alerts: said when one is breached and when it has eased, and not again in between. */

export type LimitState = 'breached' | 'eased';

/** Eased is what has come down to this share of the limit: a value that trembles at the limit says nothing each time. */
export const EASED_SHARE = 0.9;

/** What there is to say, if anything. `before` is what was said last. */
export const alertOf = (valueMinor: number, limitMinor: number, before: LimitState | undefined): LimitState | undefined => {
  if (before === 'breached') return valueMinor <= limitMinor * EASED_SHARE ? 'eased' : undefined;
  return valueMinor > limitMinor ? 'breached' : undefined;
};

/** The limit of a portfolio: its own by name, else that of its kind. Undefined where it has none. */
export const limitOf = (limits: Readonly<Record<string, number>>, portfolio: string, kind: string): number | undefined =>
  (Object.hasOwn(limits, portfolio) ? limits[portfolio] : Object.hasOwn(limits, kind) ? limits[kind] : undefined);
