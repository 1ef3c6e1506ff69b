import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { RiskInputs } from '../../domain/var/inputs.ts';

/** What a risk was computed from, as it is kept beside the result. */
export interface Kept {
  /** Canonical JSON, gzip, base64. */
  readonly model: string;
  /** SHA-256 of the JSON, hex. */
  readonly modelHash: string;
}

export const keptOf = (inputs: RiskInputs): Kept => {
  const json = JSON.stringify(inputs);
  return { model: gzipSync(json).toString('base64'), modelHash: hashOf(json) };
};

/** The reverse of {@link keptOf}. Throws where the bytes are not those that the hash is of. */
export const inputsKept = (gzip: Uint8Array, modelHash: string): RiskInputs => {
  const json = gunzipSync(gzip).toString('utf8');
  if (hashOf(json) !== modelHash) throw new Error(`what it was computed from has the hash ${hashOf(json)}, and not ${modelHash}: it was changed`);
  return JSON.parse(json) as RiskInputs;
};

const hashOf = (json: string): string => createHash('sha256').update(json).digest('hex');
