import { createConnection, createServer, type Socket } from 'node:net';

/** A network between a client and PostgreSQL that can be cut at a chosen moment. */
export interface Proxy {
  readonly port: number;
  /**
   * Cuts the connection over which the text next goes to the server: `before` it gets there, or `after` the server's answer to it, which is
   * then lost on its way.
   */
  cutAt(text: string, when: 'before' | 'after'): void;
  close(): Promise<void>;
}

/** Listens on loopback and passes everything on to a socket of the server. */
export const startProxy = async (socketPath: string): Promise<Proxy> => {
  let cut: { readonly text: string; readonly when: 'before' | 'after' } | undefined;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = createConnection(socketPath);
    open.add(client).add(upstream);
    const end = (): void => { client.destroy(); upstream.destroy(); };
    let losesAnswer = false;
    client.on('data', (data) => {
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
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    port: (server.address() as { port: number }).port,
    cutAt: (text, when) => { cut = { text, when }; },
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => { server.close(resolve); });
    },
  };
};
