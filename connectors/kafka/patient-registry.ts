import { ConstantBackoff, handleType, retry } from 'cockatiel';
import { type RegisteredTopic, RegistryUnavailable, SchemaRegistry } from './registry.ts';

const patiently = retry(handleType(RegistryUnavailable), { maxAttempts: 60, backoff: new ConstantBackoff(1_000) });

/** For who only looks on, as a live view or the judge of a campaign: a registry that does not answer, or answers 500 as one does that has just lost its database, is asked again each second, sixty times. */
export class PatientRegistry extends SchemaRegistry {
  override idOf(topic: RegisteredTopic): Promise<number> { return patiently.execute(() => super.idOf(topic)); }
  override schemaOf(id: number): Promise<string> { return patiently.execute(() => super.schemaOf(id)); }
}
