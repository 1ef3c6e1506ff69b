import { connect, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import type { Login, Security } from '../brokers.ts';
import { KafkaSourceError } from '../source.ts';
import { converse } from './sasl.ts';
import { type Address, decodeApiVersions, decodeAuthenticate, decodeHandshake, type Request, requests, RequestWriter } from './wire.ts';

const REFUSALS: ReadonlySet<KafkaSourceError['code']> = new Set(['versions_unknown', 'access_refused']);
/** Whether to connect again would end in the same way. */
export const isRefusal = (error: unknown): error is KafkaSourceError => error instanceof KafkaSourceError && REFUSALS.has(error.code);

const CHUNK_BYTES = 256 << 10;
/** Largest answer that is believed: a sixteenth of it is asked for, but a single batch may be larger than that. */
const MAX_ANSWER_BYTES = 128 << 20;
/** Answers up to this size are read into the same two buffers over and over. */
const KEPT_BYTES = 12 << 20;
const CONNECT_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 15_000;

interface Waiting { readonly id: number; readonly resolve: (answer: Buffer) => void; readonly reject: (error: Error) => void; readonly timer: NodeJS.Timeout }

/**
 * Connects to a broker, and logs in where it is to be. Rejects with KafkaSourceError: `connection_lost` where it does not answer, `versions_unknown` where it
 * cannot be spoken with, `access_refused` where its certificate is not believed or it does not believe the login.
 */
export const openConnection = async (address: Address, clientId: string, security: Security): Promise<Connection> => {
  const connection = new Connection(address, clientId, security);
  try {
    await greet(connection, security.login);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
};

const greet = async (connection: Connection, login: Login | undefined): Promise<void> => {
  const versions = decodeApiVersions(await connection.request(requests.apiVersions, () => undefined));
  for (const { key, version } of [requests.fetch, requests.metadata, ...(login === undefined ? [] : [requests.saslHandshake, requests.saslAuthenticate])]) {
    const known = versions.get(key);
    if (known !== undefined && known.lowest <= version && version <= known.highest) continue;
    throw new KafkaSourceError('versions_unknown', `the broker at ${connection.name} does not speak the versions of Kafka's protocol that record batches are asked for in. Set ODDSTREAM_SOURCE=messages: then the client library reads, which knows others.`);
  }
  if (login !== undefined) await logIn(connection, login);
};

const logIn = async (connection: Connection, login: Login): Promise<void> => {
  const refused = (why: string, options?: ErrorOptions): KafkaSourceError => new KafkaSourceError('access_refused', `the broker at ${connection.name} does not let '${login.username}' in by ${login.mechanism}: ${why}`, options);
  const { isKnown, mechanisms } = decodeHandshake(await connection.request(requests.saslHandshake, (writer) => { writer.string(login.mechanism); }));
  if (!isKnown) throw refused(`it has ${mechanisms.join(', ') || 'no login'}; ODDSTREAM_BROKERS_SASL says which is used`);
  const conversation = converse(login);
  for (let message: Buffer | undefined = conversation.first; message !== undefined;) {
    const words = message;
    const { refusal, said } = decodeAuthenticate(await connection.request(requests.saslAuthenticate, (writer) => { writer.blob(words); }));
    if (refusal !== undefined) throw refused(refusal);
    try {
      message = conversation.answer(said);
    } catch (cause) {
      throw refused((cause as Error).message, { cause });
    }
  }
};

/**
 * One connection to a broker, one request at a time. An answer is valid until the answer after the next begins to arrive: two buffers take turns, so that
 * one can be read while the other fills. An answer that was given back does not count.
 */
export class Connection {
  readonly name: string;
  readonly #clientId: string;
  readonly #socket: Socket;
  #waiting: Waiting | undefined;
  #requests = 0;
  #failure: Error | undefined;

  readonly #sizeBytes = Buffer.alloc(4);
  #sizeHave = 0;
  readonly #kept: [Buffer, Buffer] = [Buffer.alloc(0), Buffer.alloc(0)];
  #turn = 0;
  /** Whether the newest answer lies in one of them. */
  #isNewestKept = false;
  /** The answer that arrives; undefined while its size is not known. */
  #answer: Buffer | undefined;
  #have = 0;

  constructor({ host, port }: Address, clientId: string, { tls }: Pick<Security, 'tls'>) {
    this.name = `${host}:${port}`;
    this.#clientId = clientId;
    const options: TcpNetConnectOpts = {
      host, port, noDelay: true, keepAlive: true,
      onread: { buffer: new Uint8Array(CHUNK_BYTES), callback: (bytes, chunk) => { this.#take(chunk, bytes); return true; } },
    };
    const socket = tls === undefined ? connect(options) : connectTls({ ...options, ...tls, ...(isIP(host) === 0 ? { servername: host } : {}) });
    const timer = setTimeout(() => { socket.destroy(new Error(`no connection within ${CONNECT_TIMEOUT_MS} ms`)); }, CONNECT_TIMEOUT_MS);
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => { clearTimeout(timer); });
    socket.on('error', (error) => { this.#fail(error); });
    socket.on('end', () => { this.#fail(new Error('the broker has closed it')); });
    socket.on('close', () => { clearTimeout(timer); this.#fail(new Error('it was closed')); });
    this.#socket = socket;
  }

  /** Sends a request and resolves with the answer, without its header. Rejects with KafkaSourceError `connection_lost`; the connection is of no use after it. */
  request({ key, version }: Request, write: (writer: RequestWriter) => void): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) { reject(this.#failure); return; }
      const id = ++this.#requests;
      const writer = new RequestWriter();
      writer.int16(key);
      writer.int16(version);
      writer.int32(id);
      writer.string(this.#clientId);
      write(writer);
      const timer = setTimeout(() => { this.#fail(new Error(`no answer within ${REQUEST_TIMEOUT_MS} ms`)); }, REQUEST_TIMEOUT_MS);
      this.#waiting = { id, resolve, reject, timer };
      this.#socket.write(writer.finish());
    });
  }

  /** The newest answer holds nothing that is needed: the next one takes its place, and not that of the one before, which may still be read. */
  giveBack(): void {
    if (this.#isNewestKept) this.#turn ^= 1;
    this.#isNewestKept = false;
  }

  close(): void { this.#fail(new Error('it was closed')); }

  #take(chunk: Uint8Array, bytes: number): void {
    for (let at = 0; at < bytes && this.#failure === undefined;) {
      if (this.#answer === undefined) {
        this.#sizeBytes[this.#sizeHave++] = chunk[at++]!;
        if (this.#sizeHave === 4) this.#begin(this.#sizeBytes.readInt32BE(0));
      } else {
        const part = Math.min(this.#answer.length - this.#have, bytes - at);
        this.#answer.set(chunk.subarray(at, at + part), this.#have);
        this.#have += part;
        at += part;
        if (this.#have === this.#answer.length) this.#done(this.#answer);
      }
    }
  }

  #begin(size: number): void {
    if (this.#waiting === undefined || size < 4 || size > MAX_ANSWER_BYTES) { this.#fail(new Error(`what answers there does not speak Kafka's protocol (an answer of ${size} bytes)`)); return; }
    this.#sizeHave = this.#have = 0;
    this.#isNewestKept = size <= KEPT_BYTES;
    if (!this.#isNewestKept) { this.#answer = Buffer.allocUnsafeSlow(size); return; }
    this.#turn ^= 1;
    let kept = this.#kept[this.#turn as 0 | 1];
    if (kept.length < size) kept = this.#kept[this.#turn as 0 | 1] = Buffer.allocUnsafeSlow(Math.min(KEPT_BYTES, size + (size >> 2)));
    this.#answer = kept.subarray(0, size);
  }

  #done(answer: Buffer): void {
    const waiting = this.#waiting!;
    this.#answer = undefined;
    if (answer.readInt32BE(0) !== waiting.id) { this.#fail(new Error('it answers what was not asked')); return; }
    this.#waiting = undefined;
    clearTimeout(waiting.timer);
    waiting.resolve(answer.subarray(4));
  }

  #fail(cause: Error): void {
    if (this.#failure === undefined) {
      const isDistrusted = this.#socket instanceof TLSSocket && (this.#socket.authorizationError as unknown) != null;
      this.#failure = isDistrusted
        ? new KafkaSourceError('access_refused', `the certificate of the broker at ${this.name} is not believed: ${cause.message}. ODDSTREAM_BROKERS_CA_FILE names the authorities that are`, { cause })
        : new KafkaSourceError('connection_lost', `the connection to the broker at ${this.name} is lost: ${cause.message}`, { cause });
      this.#socket.destroy();
    }
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    clearTimeout(waiting.timer);
    waiting.reject(this.#failure);
  }
}
