import { z } from 'zod';

/** What the pipelines of risk can be told. */
export const riskConfig = z.strictObject({
  /** All amounts are in minor units of it. */
  currency: z.string().regex(/^[A-Z]{3}$/).default('EUR'),
  /** Minor units of that currency of one minor unit of another. */
  rates: z.record(z.string().regex(/^[A-Z]{3}$/), z.number().positive()).default({}),
  /** A portfolio is computed at most once in so long, ms. */
  everyMs: z.int().min(1).default(1_000),
});
