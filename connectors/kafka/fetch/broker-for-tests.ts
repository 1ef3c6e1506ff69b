import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What a partition answers to a Fetch at an offset: batches, or an error. */
export interface FetchSaid { readonly error?: number; readonly batches?: Buffer; readonly highWatermark?: number }

export interface TestBrokerOptions {
  readonly id?: number;
  /** Who leads a partition; this broker if it is not said. */
  readonly leaderOf?: (partition: number) => { readonly id: number; readonly port: number };
  readonly fetch: (partition: number, offset: number, epoch: number) => FetchSaid;
  /** Highest version of Fetch that it speaks. */
  readonly fetchVersion?: number;
  readonly topic: string;
  readonly partitions: number;
}

/** As much of a broker as answers ApiVersions 0, Metadata 7 and Fetch 11, and counts what it was asked. */
export class TestBroker {
  readonly #options: TestBrokerOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Partitions of each Fetch, in the order in which they were asked for. */
  readonly fetches: number[][] = [];
  metadatas = 0;
  /** What is sent in the place of the next Fetch's answer. */
  garbage: Buffer | undefined;
  /** Gives no answer to a Fetch. */
  isMute = false;

  constructor(options: TestBrokerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      let waiting = Buffer.alloc(0);
      socket.on('error', () => undefined);
      socket.on('close', () => { this.#sockets.delete(socket); });
      socket.on('data', (chunk: Buffer) => {
        waiting = Buffer.concat([waiting, chunk]);
        while (waiting.length >= 4 && waiting.length >= 4 + waiting.readInt32BE(0)) {
          const size = waiting.readInt32BE(0);
          this.#answer(socket, waiting.subarray(4, 4 + size));
          waiting = waiting.subarray(4 + size);
        }
      });
    });
  }

  async listen(port = 0): Promise<number> {
    await new Promise<void>((resolve) => { this.#server.listen(port, '127.0.0.1', resolve); });
    return this.port;
  }
  get port(): number { return (this.#server.address() as AddressInfo).port; }
  get connections(): number { return this.#sockets.size; }

  /** Cuts all connections; new ones are taken. */
  cut(): void { for (const socket of this.#sockets) socket.destroy(); }
  async close(): Promise<void> {
    const closed = new Promise((resolve) => { this.#server.close(resolve); });
    this.cut();
    await closed;
  }

  #answer(socket: Socket, request: Buffer): void {
    const key = request.readInt16BE(0), id = request.subarray(4, 8);
    const body = request.subarray(10 + request.readInt16BE(8));
    if (key === 1) {
      const asked = partitionsOf(body);
      this.fetches.push(asked.map(({ partition }) => partition));
      if (this.isMute) return;
      if (this.garbage !== undefined) { socket.write(this.garbage); this.garbage = undefined; return; }
      const said = asked.map(({ partition, offset, epoch }) => this.#section(partition, this.#options.fetch(partition, offset, epoch)));
      const isEmpty = said.every((section) => section.length === 48 + Buffer.byteLength(this.#options.topic));
      setTimeout(() => { send(socket, id, [Buffer.alloc(10), int32(said.length), ...said]); }, isEmpty ? 20 : 0);
      return;
    }
    if (key === 3) { this.metadatas++; send(socket, id, this.#metadata()); return; }
    send(socket, id, [int16(0), int32(3), ...[[1, 4, this.#options.fetchVersion ?? 17], [3, 0, 13], [18, 0, 4]].flatMap((of) => of.map(int16))]);
  }

  #section(partition: number, { error = 0, batches = Buffer.alloc(0), highWatermark = 1_000 }: FetchSaid): Buffer {
    const offsets = Buffer.alloc(24);
    offsets.writeBigInt64BE(BigInt(highWatermark), 0);
    return Buffer.concat([string(this.#options.topic), int32(1), int32(partition), int16(error), offsets, int32(-1), int32(-1), int32(batches.length), batches]);
  }

  #metadata(): Buffer[] {
    const { id = 1, leaderOf = () => ({ id, port: this.port }), partitions, topic } = this.#options;
    const leaders = Array.from({ length: partitions }, (_, partition) => leaderOf(partition));
    const brokers = new Map([{ id, port: this.port }, ...leaders].map((leader) => [leader.id, leader.port]));
    return [
      int32(0), int32(brokers.size), ...Array.from(brokers, ([node, port]) => Buffer.concat([int32(node), string('127.0.0.1'), int32(port), int16(-1)])), int16(-1), int32(1),
      int32(1), int16(0), string(topic), Buffer.alloc(1), int32(partitions),
      ...leaders.map((leader, partition) => Buffer.concat([int16(0), int32(partition), int32(leader.id), int32(5), int32(1), int32(1), int32(1), int32(1), int32(0)])),
    ];
  }
}

const int16 = (value: number): Buffer => { const bytes = Buffer.alloc(2); bytes.writeInt16BE(value); return bytes; };
const int32 = (value: number): Buffer => { const bytes = Buffer.alloc(4); bytes.writeInt32BE(value); return bytes; };
const string = (text: string): Buffer => Buffer.concat([int16(Buffer.byteLength(text)), Buffer.from(text)]);
const send = (socket: Socket, id: Buffer, parts: readonly Buffer[]): void => {
  const body = Buffer.concat([id, ...parts]);
  socket.write(Buffer.concat([int32(body.length), body]));
};

/** The partitions of a Fetch request, version 11, one to each entry of its topics. */
const partitionsOf = (body: Buffer): { partition: number; offset: number; epoch: number }[] => {
  let at = 29;
  return Array.from({ length: body.readInt32BE(25) }, () => {
    at += 2 + body.readInt16BE(at) + 4;
    const one = { partition: body.readInt32BE(at), epoch: body.readInt32BE(at + 4), offset: Number(body.readBigInt64BE(at + 8)) };
    at += 28;
    return one;
  });
};
