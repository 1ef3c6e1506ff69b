import { SchemaRegistry as RegistryClient, SchemaType, COMPATIBILITY } from '@kafkajs/confluent-schema-registry';
import { ConstantBackoff, handleType, retry } from 'cockatiel';
import { UnknownSchemaId } from '../../runtime/ports.ts';
import { topicName } from '../../schemas/topics.ts';

/** A topic as the registry needs to know it. */
export interface RegisteredTopic { readonly name: string; readonly schema: { readonly avsc: string } }

/** Every version that was ever written must be readable by the newest reader. */
const LEVEL = COMPATIBILITY.BACKWARD_TRANSITIVE;
const TIMEOUT_MS = 10_000;

/** The registry does not answer, or not as a registry does. `retryable`: wait and ask again; nothing is known to be wrong with the data. */
export class RegistryUnavailable extends Error {
  override readonly name = 'RegistryUnavailable';
  readonly code = 'registry_unavailable';
  readonly retryable = true;
}

/** The registry answers, and refuses. */
export class RegistryRefused extends Error {
  override readonly name = 'RegistryRefused';
  readonly code: 'schema_incompatible' | 'schema_not_registered' | 'registry_refused';
  readonly retryable = false;
  constructor(code: RegistryRefused['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** Apicurio, just started on a busy machine, has logged an answer that never came. What is registered twice is there once. */
const onceMore = retry(handleType(RegistryUnavailable), { maxAttempts: 1, backoff: new ConstantBackoff(100) });

/** The client library, which of itself waits for an answer for ever, with a time-out. */
export const registryClient = (url: string, timeoutMs = TIMEOUT_MS): RegistryClient =>
  new RegistryClient({ host: url, middlewares: [() => ({ prepareRequest: async (next) => (await next()).enhance({ timeout: timeoutMs }) })] });

interface Answer { readonly status: number; readonly body: Readonly<Record<string, unknown>> }

/**
 * The schemas of the topics in a registry that speaks Confluent's API. Subjects are `<topic, with its namespace>-value`, and
 * BACKWARD_TRANSITIVE. The client library registers and looks up; the few requests that it does not offer are made here.
 */
export class SchemaRegistry {
  readonly #url: string;
  readonly #namespace: string;
  readonly #timeoutMs: number;
  readonly #client: RegistryClient;
  readonly #ids = new Map<string, number>();
  readonly #schemas = new Map<number, Promise<string>>();

  /** `url` is the base of the API, on Apicurio `http://host:port/apis/ccompat/v7`. `timeoutMs`: how long an answer is waited for. */
  constructor(url: string, options: { readonly namespace?: string; readonly timeoutMs?: number } = {}) {
    this.#url = url.replace(/\/+$/, '');
    this.#namespace = options.namespace ?? '';
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#client = registryClient(this.#url, this.#timeoutMs);
  }

  /** The subject of a topic's values. */
  subject(topic: { readonly name: string }): string {
    return `${topicName(topic, this.#namespace)}-value`;
  }

  /**
   * Registers the topic's schema and returns its id; the id of the old one where nothing but a doc has changed. Throws RegistryRefused
   * `schema_incompatible`, naming what is.
   */
  async register(topic: RegisteredTopic): Promise<number> {
    const subject = this.subject(topic), known = await this.#idOf(topic);
    if (known !== undefined) return known;
    // Before the first registration: a subject without a level of its own goes by the registry's, and the client throws on any other than it was told.
    const setLevel = (): Promise<Answer> => this.#request('PUT', `/config/${encodeURIComponent(subject)}`, { compatibility: LEVEL });
    let level = await setLevel();
    // Apicurio: another was setting it for the first time at the same moment.
    if (level.status === 409) level = await setLevel();
    if (level.status !== 200) throw this.#refused(`setting the compatibility of ${subject}`, level);
    const registered = await onceMore.execute(() => this.#ask(() => this.#client.register({ type: SchemaType.AVRO, schema: topic.schema.avsc }, { subject, compatibility: LEVEL }), `registering ${subject}`));
    this.#ids.set(keyOf(subject, topic), registered.id);
    return registered.id;
  }

  /** The id under which the topic's schema, as this program has it, is registered. Throws RegistryRefused `schema_not_registered`. */
  async idOf(topic: RegisteredTopic): Promise<number> {
    const id = await this.#idOf(topic);
    if (id === undefined) throw new RegistryRefused('schema_not_registered', `The schema of ${this.subject(topic)} is not in the registry at ${this.#url}: register it with 'oddstream topics apply'.`);
    return id;
  }

  async #idOf(topic: RegisteredTopic): Promise<number | undefined> {
    const subject = this.subject(topic), known = this.#ids.get(keyOf(subject, topic));
    if (known !== undefined) return known;
    const found = await onceMore.execute(() => this.#request('POST', `/subjects/${encodeURIComponent(subject)}`, { schema: topic.schema.avsc }));
    if (found.status === 404) return undefined;
    const { id } = found.body;
    if (found.status !== 200 || typeof id !== 'number') throw this.#refused(`looking up ${subject}`, found);
    this.#ids.set(keyOf(subject, topic), id);
    return id;
  }

  /**
   * The schema of an id, as JSON text, exactly as it was registered; asked for once. Throws UnknownSchemaId where the registry says that there is
   * none, and RegistryUnavailable where it does not answer: the first condemns the record, the second only asks for patience.
   */
  schemaOf(id: number): Promise<string> {
    const known = this.#schemas.get(id);
    if (known !== undefined) return known;
    const asked = this.#fetchSchema(id);
    this.#schemas.set(id, asked);
    asked.catch(() => this.#schemas.delete(id));
    return asked;
  }

  /** Whether a schema may follow all that were registered for the topic, and if not, why. A topic that has none yet takes any. */
  async check(topic: { readonly name: string }, avsc: string): Promise<{ readonly isCompatible: boolean; readonly messages: readonly string[] }> {
    const subject = this.subject(topic);
    const answer = await this.#request('POST', `/compatibility/subjects/${encodeURIComponent(subject)}/versions?verbose=true`, { schema: avsc });
    if (answer.status === 404) return { isCompatible: true, messages: [] };
    const { is_compatible: isCompatible, messages } = answer.body;
    if (answer.status !== 200 || typeof isCompatible !== 'boolean') throw this.#refused(`checking a schema against ${subject}`, answer);
    return { isCompatible, messages: Array.isArray(messages) ? messages.map(String) : [] };
  }

  async #fetchSchema(id: number): Promise<string> {
    const answer = await this.#request('GET', `/schemas/ids/${id}`);
    // A 404 that is not the API's own comes from a wrong address or a proxy: it says nothing about the id.
    if (answer.status === 404 && typeof answer.body['error_code'] === 'number') throw new UnknownSchemaId(`No schema has the id ${id} in the registry at ${this.#url}. Was the record written against another registry?`);
    const { schema } = answer.body;
    if (answer.status !== 200 || typeof schema !== 'string') throw new RegistryUnavailable(`The registry at ${this.#url} answered ${answer.status} for schema ${id}, without a schema: is this the base of its API?`);
    return schema;
  }

  async #request(method: 'GET' | 'PUT' | 'POST', path: string, body?: unknown): Promise<Answer> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${this.#url}${path}`, {
        method, signal: AbortSignal.timeout(this.#timeoutMs), headers: { accept: 'application/vnd.schemaregistry.v1+json, application/json', 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      text = await response.text();
    } catch (cause) {
      throw new RegistryUnavailable(`The schema registry at ${this.#url} does not answer: is it running? (${reasonOf(cause)})`, { cause });
    }
    if (isPassing(response.status)) throw new RegistryUnavailable(`The schema registry at ${this.#url} answers ${response.status}: ${text.slice(0, 200)}`);
    try {
      return { status: response.status, body: JSON.parse(text) as Answer['body'] };
    } catch {
      if (response.ok) throw new RegistryUnavailable(`What answers at ${this.#url} is not a schema registry: ${text.slice(0, 80)}`);
      return { status: response.status, body: {} };
    }
  }

  /** Runs a call of the client library, and says its errors in ours. */
  async #ask<A>(call: () => Promise<A>, doing: string): Promise<A> {
    try {
      return await call();
    } catch (cause) {
      const { status, message } = cause as { status?: number; message?: string };
      if (status === 409) throw new RegistryRefused('schema_incompatible', `The registry refused ${doing}: ${message}. Fields may be added with defaults, not renamed, removed without one, or given another type.`);
      // The library gives its own time-outs the status 400.
      if (status !== undefined && !isPassing(status) && !/Timeout \(\d+ms\)/.test(message ?? '')) throw new RegistryRefused('registry_refused', `The registry at ${this.#url} refused ${doing}: ${message}`);
      throw new RegistryUnavailable(`The schema registry at ${this.#url} does not answer while ${doing}: ${reasonOf(cause)}`, { cause });
    }
  }

  #refused(doing: string, { status, body }: Answer): RegistryRefused {
    return new RegistryRefused('registry_refused', `The registry at ${this.#url} answered ${status} to ${doing}: ${JSON.stringify(body).slice(0, 300)}`);
  }
}

/** A subject has an id for each schema. */
const keyOf = (subject: string, { schema: { avsc } }: RegisteredTopic): string => `${subject}\n${avsc}`;

/** Answers that another moment may change. */
const isPassing = (status: number): boolean => status >= 500 || status === 408 || status === 429;

const reasonOf = (cause: unknown): string => {
  const inner = (cause as { cause?: { code?: string; message?: string } }).cause;
  return inner?.code ?? inner?.message ?? (cause as Error).message;
};
