import { ConstantBackoff, handleType, retry } from 'cockatiel';
import { type RegisteredTopic, RegistryUnavailable, SchemaRegistry } from '../../connectors/kafka/registry.ts';

const patiently = retry(handleType(RegistryUnavailable), { maxAttempts: 60, backoff: new ConstantBackoff(1_000) });

/** A registry that has just lost its database answers 500 once for each connection that it had: whoever judges a campaign asks again, for a minute. */
export class PatientRegistry extends SchemaRegistry {
  override idOf(topic: RegisteredTopic): Promise<number> { return patiently.execute(() => super.idOf(topic)); }
  override schemaOf(id: number): Promise<string> { return patiently.execute(() => super.schemaOf(id)); }
}
