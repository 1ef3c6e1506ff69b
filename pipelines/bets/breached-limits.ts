import type { LatestValues } from '../../runtime/ports.ts';
import { ValueRows } from '../../runtime/value-rows.ts';
import { type RiskAlert, type RiskAlertRow, RiskAlertSchema, type RiskAlertWriter } from '../../schemas/generated/risk-alert.ts';

/** Which portfolios are over their limit, by the newest alert of each. */
export class BreachedLimits {
  readonly #breached = new Set<string>();
  readonly #rows: ValueRows<RiskAlert, RiskAlertRow, RiskAlertWriter>;
  readonly #values: LatestValues;

  private constructor(values: LatestValues) {
    this.#values = values;
    this.#rows = new ValueRows(RiskAlertSchema, values);
    for (const portfolio of values.keys()) this.#heard(portfolio);
  }

  /** Resolves once all alerts that there are have been heard; those that come are heard as they come. */
  static async over(latestValues: (onChange: (portfolio: string) => void) => Promise<LatestValues>): Promise<BreachedLimits> {
    let heard: (portfolio: string) => void = () => undefined;
    const limits = new BreachedLimits(await latestValues((portfolio) => { heard(portfolio); }));
    heard = (portfolio) => { limits.#heard(portfolio); };
    return limits;
  }

  readonly has = (portfolio: string): boolean => this.#breached.has(portfolio);

  close(): Promise<void> { return this.#values.close(); }

  #heard(portfolio: string): void {
    const bytes = this.#values.value(portfolio);
    if (bytes !== undefined && this.#rows.row(bytes).toObject().state === 'breached') this.#breached.add(portfolio);
    else this.#breached.delete(portfolio);
  }
}
