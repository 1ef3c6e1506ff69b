import type { Pipeline, RecordPipeline } from '../runtime/pipeline.ts';

/** How each pipeline is loaded. Its code, and what that needs, is read only if it is asked for. */
const loaders = {
  'best-odds': () => import('./best-odds/pipeline.ts'),
  'odds-history': () => import('./odds-history/pipeline.ts'),
  'best-odds-history': () => import('./best-odds-history/pipeline.ts'),
  'arbitrage-history': () => import('./arbitrage-history/pipeline.ts'),
  'odds-cache': () => import('./odds-cache/pipeline.ts'),
  events: () => import('./events/pipeline.ts'),
  'fair-odds': () => import('./fair-odds/pipeline.ts'),
  bets: () => import('./bets/pipeline.ts'),
  settlement: () => import('./settlement/pipeline.ts'),
  positions: () => import('./positions/pipeline.ts'),
  'risk-var-history': () => import('./risk-var-history/pipeline.ts'),
  'risk-alerts-history': () => import('./risk-alerts-history/pipeline.ts'),
  'risk-cache': () => import('./risk-cache/pipeline.ts'),
  'bets-cache': () => import('./bets-cache/pipeline.ts'),
  exposure: () => import('./exposure/pipeline.ts'),
  'market-var': () => import('./market-var/pipeline.ts'),
} as const satisfies Readonly<Record<string, () => Promise<{ readonly default: unknown }>>>;

export type PipelineName = keyof typeof loaders;

/** The names of all pipelines. A pipeline's metrics port follows from its place: a new one goes to the end. */
export const pipelineNames: readonly PipelineName[] = Object.freeze(Object.keys(loaders) as PipelineName[]);

/** There is no pipeline of that name. */
export class PipelineUnknown extends Error {
  override readonly name = 'PipelineUnknown';
  readonly code = 'pipeline_unknown';
}

/** A pipeline by its name. Throws PipelineUnknown. */
export const loadPipeline = async (name: string): Promise<Pipeline> => {
  if (!Object.hasOwn(loaders, name)) throw new PipelineUnknown(`There is no pipeline '${name}'. There are: ${pipelineNames.join(', ')}.`);
  return (await loaders[name as PipelineName]()).default as unknown as Pipeline;
};

/** One that takes a topic record by record. Throws PipelineUnknown also for one that does not. */
export const loadRecordPipeline = async (name: string): Promise<RecordPipeline> => {
  const pipeline = await loadPipeline(name);
  if (pipeline.kind === 'join') throw new PipelineUnknown(`The pipeline '${name}' takes no records one by one: it goes by the newest of each key.`);
  return pipeline;
};
