import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AggregatorRegistry, collectDefaultMetrics, type MetricObjectWithValues, type MetricValue, Registry } from 'prom-client';

/** What the endpoints say of a process. */
export interface Endpoints {
  /** The pipelines' registries; they are served as one. */
  readonly registries: readonly Registry[];
  /** Why the process is not ready, by pipeline; empty when it is. */
  readonly notReady: () => Readonly<Record<string, string>>;
}

/**
 * Serves /metrics, /health/live and /health/ready on 127.0.0.1. Port 0 takes any that is free. Throws EADDRINUSE.
 *
 * @returns the base URL, and how to close it.
 */
export const serveEndpoints = async (port: number, { registries, notReady }: Endpoints): Promise<{ url: string; close: () => Promise<void> }> => {
  const own = new Registry();
  collectDefaultMetrics({ register: own });
  const metrics = async (): Promise<string> => {
    const all = await Promise.all([own, ...registries].map((registry) => registry.getMetricsAsJSON()));
    return AggregatorRegistry.aggregate(all as unknown as MetricObjectWithValues<MetricValue<string>>[]).metrics();
  };
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const answer = (status: number, type: string, body: string): void => { response.writeHead(status, { 'content-type': type }).end(body); };
    if (path === '/metrics') metrics().then((text) => answer(200, Registry.PROMETHEUS_CONTENT_TYPE, text), (error: Error) => answer(500, 'text/plain', error.message));
    else if (path === '/health/live') answer(200, 'application/json', '{"status":"UP"}');
    else if (path === '/health/ready') {
      const reasons = notReady();
      const isReady = Object.keys(reasons).length === 0;
      answer(isReady ? 200 : 503, 'application/json', JSON.stringify(isReady ? { status: 'UP' } : { status: 'DOWN', reasons }));
    } else answer(404, 'text/plain', 'There are /metrics, /health/live and /health/ready.\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => { server.off('error', reject); resolve(); });
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
};
