import { reference } from '../../../domain/var/simulate.ts';
import { type Backend, VarError } from '../../../domain/var/types.ts';
import { openers, probe } from './probe.ts';

/** `auto`: the fastest that agrees with the reference, or one by its name. Throws a VarError, `backend_failed`, where it cannot be had here. */
export const backendOf = async (name: string, onWarning: (message: string) => void): Promise<Backend> => {
  if (name === 'auto') return (await probe({ onWarning })).backend;
  if (name === reference.name) return reference;
  const opener = openers.find(([known]) => known === name);
  if (opener === undefined) throw new VarError('backend_failed', `there is no backend '${name}': there are auto, ${[reference.name, ...openers.map(([known]) => known)].join(', ')}`);
  try {
    return await opener[1]();
  } catch (cause) {
    throw new VarError('backend_failed', `the backend ${name} cannot be had here: ${(cause as Error).message}`, { cause });
  }
};
