import { createConnection, createServer, type Socket } from 'node:net';

/** A network between a client and PostgreSQL that can be cut at a chosen moment. */
export interface Proxy {
  readonly port: number;
  /**
   * Cuts the connection over which the text next goes to the server: `before` it gets there, or `after` the server's answer to it, which is
   * then lost on its way.
   */
  cutAt(text: string, when: 'before' | 'after'): void;
  /** Nothing is cut any more. */
  mend(): void;
  /** Resolves when the text next comes: it, and what follows it, is held back until `release`, and so is every new connection. */
  holdAt(text: string): { readonly reached: Promise<void>; release(): void };
  close(): Promise<void>;
}

/** Listens on loopback and passes everything on to a socket of the server. */
export const startProxy = async (socketPath: string): Promise<Proxy> => {
  let cut: { readonly text: string; readonly when: 'before' | 'after' } | undefined;
  let hold: { readonly text: string; readonly reached: () => void; readonly released: Promise<void>; isReached: boolean } | undefined;
  const open = new Set<Socket>();
  const server = createServer((client) => { void pass(client); });
  const pass = async (client: Socket): Promise<void> => {
    client.on('error', () => undefined);
    if (hold?.isReached === true) await hold.released;
    const upstream = createConnection(socketPath);
    open.add(client).add(upstream);
    const end = (): void => { client.destroy(); upstream.destroy(); };
    let losesAnswer = false;
    client.on('data', (data: Buffer) => {
      if (hold !== undefined && !hold.isReached && data.includes(hold.text)) {
        hold.isReached = true;
        hold.reached();
        client.pause();
        void hold.released.then(() => { if (upstream.writable) upstream.write(data); client.resume(); });
        return;
      }
      if (cut !== undefined && data.includes(cut.text)) {
        const { when } = cut;
        cut = undefined;
        if (when === 'before') { end(); return; }
        losesAnswer = true;
      }
      upstream.write(data);
    });
    upstream.on('data', (data) => { if (losesAnswer) end(); else client.write(data); });
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end);
  };
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    port: (server.address() as { port: number }).port,
    cutAt: (text, when) => { cut = { text, when }; },
    mend: () => { cut = undefined; },
    holdAt: (text) => {
      let reached = (): void => undefined, release = (): void => undefined;
      const whenReached = new Promise<void>((resolve) => { reached = resolve; });
      const released = new Promise<void>((resolve) => { release = resolve; });
      const held = hold = { text, reached, released, isReached: false };
      return { reached: whenReached, release: () => { if (hold === held) hold = undefined; release(); } };
    },
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => { server.close(resolve); });
    },
  };
};
