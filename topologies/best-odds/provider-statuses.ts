import { Control, type Dictionaries } from '../../schemas/codec/columns.ts';
import { type ProviderStatusRow, ProviderStatusSchema, type ProviderStatusWriter } from '../../schemas/generated/provider-status.ts';
import type { Store } from '../../stream/task.ts';

/** What is known of a provider from its statuses; without any it counts as up. */
export interface ProviderStatus {
  /** Event time of its newest status, epoch ms. */
  statusAt: number;
  isDown: boolean;
  /** Its quotes of this time and before died when it went down. */
  downAt: number;
  /** Everything of it that stands was seen again then. */
  confirmedAt: number;
}

/** What providers last said of themselves. */
export class ProviderStatuses implements Store<ProviderStatusRow, ProviderStatusWriter> {
  readonly entries = ProviderStatusSchema;
  readonly earliestTimerMs = Infinity;
  readonly #dictionaries: Dictionaries;
  readonly #byId = new Map<number, ProviderStatus>(); //  by string id
  readonly #unsaved = new Set<number>();
  /** By string id of the provider: its quotes of this time and before do not count; Infinity while it is down. */
  deadUntil = new Float64Array(0);

  constructor(dictionaries: Dictionaries) { this.#dictionaries = dictionaries; }

  /** When everything of a provider that stands was last seen again, epoch ms; minus infinity for never. */
  confirmedAt(provider: number): number { return this.#byId.get(provider)?.confirmedAt ?? -Infinity; }

  /** Takes a status, unless a newer one is known. Says whether it was taken, and whether the provider was down before. */
  take(provider: number, control: Control, timeMs: number): { readonly isTaken: boolean; readonly wasDown: boolean } {
    let known = this.#byId.get(provider);
    if (known === undefined) this.#byId.set(provider, known = { statusAt: -Infinity, isDown: false, downAt: -Infinity, confirmedAt: -Infinity });
    const wasDown = known.isDown;
    if (timeMs < known.statusAt) return { isTaken: false, wasDown };
    this.#unsaved.add(provider);
    known.statusAt = timeMs;
    known.isDown = control === Control.down;
    if (known.isDown) known.downAt = timeMs;
    if (control === Control.confirm) known.confirmedAt = timeMs;
    return { isTaken: true, wasDown };
  }

  /** Lets what is known of a provider decide which of its quotes count. */
  apply(provider: number): void {
    const { isDown, downAt } = this.#byId.get(provider)!;
    if (provider >= this.deadUntil.length) {
      const longer = new Float64Array(provider * 2 + 16).fill(-Infinity);
      longer.set(this.deadUntil);
      this.deadUntil = longer;
    }
    this.deadUntil[provider] = isDown ? Infinity : downAt;
  }

  mark(_keys: Uint8Array, strings: Uint8Array): void { for (const provider of this.#byId.keys()) strings[provider] = 1; }

  save(writer: ProviderStatusWriter): void {
    for (const provider of this.#unsaved) {
      const { statusAt, isDown, downAt, confirmedAt } = this.#byId.get(provider)!, name = this.#dictionaries.strings.bytes(provider);
      writer.begin(name);
      writer.timestamp(statusAt);
      writer.provider(name);
      writer.isDown(isDown);
      writer.downAt(downAt);
      writer.confirmedAt(confirmedAt);
      writer.end();
    }
    this.#unsaved.clear();
  }

  load({ timestamp, provider, isDown, downAt, confirmedAt }: ProviderStatusRow): void {
    this.#byId.set(provider, { statusAt: timestamp, isDown, downAt, confirmedAt });
    if (isDown || downAt > -Infinity) this.apply(provider);
  }
}
