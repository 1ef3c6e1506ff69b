import { fateNames } from '../../stream/fates.ts';
import type { HostRecord } from './processes.ts';

/** What a pipeline's metrics say of it. */
export interface Figures {
  readonly pipeline: string;
  readonly delivered: number;
  readonly fates: Readonly<Record<(typeof fateNames)[number], number>>;
  readonly unaccounted: number;
  readonly lagOffsets: number;
  /** Wall clock less event time, of the partition that is furthest behind, ms; undefined before the first record. */
  readonly behindMs: number | undefined;
  readonly published: number;
  readonly sinkRows: number;
  /** Mean time from a window's end to the durability of its outputs, ms; undefined where there was none. */
  readonly publishMs: number | undefined;
}

interface Sample { readonly name: string; readonly labels: Readonly<Record<string, string>>; readonly value: number }

/** The samples of Prometheus' text format. Lines that are none are passed over. */
export const parseSamples = (text: string): Sample[] => {
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (match === null) continue;
    const labels: Record<string, string> = {};
    for (const [, name, value] of (match[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) labels[name!] = value!;
    samples.push({ name: match[1]!, labels, value: Number(match[3]) });
  }
  return samples;
};

/** The figures of each pipeline in a process, from its metrics. */
export const figuresOf = (text: string, pipelines: readonly string[]): Figures[] => {
  const samples = parseSamples(text);
  return pipelines.map((pipeline) => {
    const of = (name: string, also: Readonly<Record<string, string>> = {}): number[] => samples
      .filter((sample) => sample.name === name && sample.labels['pipeline'] === pipeline && Object.entries(also).every(([label, value]) => sample.labels[label] === value))
      .map(({ value }) => value);
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
    const behind = of('oddstream_lag_event_time_seconds');
    const windows = sum(of('oddstream_window_publish_seconds_count'));
    return {
      pipeline,
      delivered: sum(of('oddstream_records_delivered_total')),
      fates: Object.fromEntries(fateNames.map((fate) => [fate, sum(of('oddstream_records_total', { fate }))])) as Figures['fates'],
      unaccounted: sum(of('oddstream_unaccounted_records')),
      lagOffsets: sum(of('oddstream_lag_offsets')),
      behindMs: behind.length === 0 ? undefined : Math.max(...behind) * 1_000,
      published: sum(of('oddstream_published_total')),
      sinkRows: sum(of('oddstream_sink_rows_total')),
      publishMs: windows === 0 ? undefined : (sum(of('oddstream_window_publish_seconds_sum')) / windows) * 1_000,
    };
  });
};

/** Asks a process for the figures of its pipelines. Undefined where it does not answer in time. */
export const askFigures = async ({ url, pipelines }: Pick<HostRecord, 'url' | 'pipelines'>, timeoutMs = 2_000): Promise<Figures[] | undefined> => {
  try {
    const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(timeoutMs) });
    return response.ok ? figuresOf(await response.text(), pipelines) : undefined;
  } catch {
    return undefined;
  }
};

/** `1,234 ms` below ten seconds, then seconds, minutes, hours, days: for people. */
export const ago = (ms: number): string => {
  const abs = Math.abs(ms);
  if (abs < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (abs < 120_000) return `${Math.round(ms / 1_000)} s`;
  if (abs < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return abs < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} d`;
};

/** Thousands divided by commas. */
export const count = (value: number): string => Math.round(value).toLocaleString('en');
