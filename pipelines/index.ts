import type { Pipeline } from '../runtime/pipeline.ts';

/** How each pipeline is loaded. Its code, and what that needs, is read only if it is asked for. */
const loaders = {
  'best-odds': async () => (await import('./best-odds/pipeline.ts')).bestOddsPipeline,
} as const satisfies Readonly<Record<string, () => Promise<unknown>>>;

export type PipelineName = keyof typeof loaders;

/** The names of all pipelines. The order is part of the contract: a pipeline's metrics port follows from its place. */
export const pipelineNames: readonly PipelineName[] = Object.freeze(Object.keys(loaders) as PipelineName[]);

/** There is no pipeline of that name. */
export class PipelineUnknown extends Error {
  override readonly name = 'PipelineUnknown';
  readonly code = 'pipeline_unknown';
}

/** A pipeline by its name. Throws PipelineUnknown. */
export const loadPipeline = async (name: string): Promise<Pipeline> => {
  if (!Object.hasOwn(loaders, name)) throw new PipelineUnknown(`There is no pipeline '${name}'. There are: ${pipelineNames.join(', ')}.`);
  return await loaders[name as PipelineName]() as Pipeline;
};
