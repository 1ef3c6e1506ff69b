import { simulate } from '../../runtime/simulation/simulate.ts';

/** Seeds to be simulated, from the first to the last. */
export interface Share { readonly from: number; readonly to: number }
/** What became of them: how many there were, and those that failed. */
export interface Done extends Share { readonly failed: readonly { readonly seed: number; readonly failure: string }[]; readonly records: number; readonly faults: number }

// Errors are many here, and their stacks nobody's concern: whoever replays a seed gets them.
Error.stackTraceLimit = 0;

process.on('message', ({ from, to }: Share) => {
  void (async () => {
    const failed: { seed: number; failure: string }[] = [];
    let records = 0, faults = 0;
    for (let seed = from; seed <= to; seed++) {
      const simulated = await simulate(seed);
      records += simulated.records;
      faults += simulated.faults.length;
      if (simulated.failure !== undefined) failed.push({ seed, failure: simulated.failure });
    }
    process.send!({ from, to, failed, records, faults } satisfies Done);
  })();
});
