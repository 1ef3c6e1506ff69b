import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { SchemaRegistry } from './registry.ts';

interface Answer { readonly status: number; readonly body: unknown }

/** An HTTP server that answers what the test says, and keeps what it was asked. */
const answering = async (t: Tap, answer: (method: string, path: string, body: string) => Answer | undefined): Promise<{ url: string; asked: string[]; stop: () => Promise<void> }> => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      asked.push(`${request.method} ${request.url}`);
      const given = answer(request.method ?? '', request.url ?? '', body) ?? { status: 404, body: { error_code: 404, message: 'not in this test' } };
      response.writeHead(given.status, { 'content-type': 'application/json' }).end(typeof given.body === 'string' ? given.body : JSON.stringify(given.body));
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const stop = (): Promise<void> => new Promise((resolve) => { server.closeAllConnections(); server.close(() => resolve()); });
  t.teardown(stop);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, stop };
};

interface Tap { teardown(run: () => unknown): void }

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const part of request) text += String(part);
  return text;
};

const avsc = '{"type":"record","name":"Thing","doc":"as it was registered","fields":[]}';
const topic = { name: 'things', schema: { avsc } };

t.test('the subject\'s level is set before its first schema, and the namespace is part of its name', async (t) => {
  const { url, asked } = await answering(t, (method, path) => {
    if (path === '/subjects/replay.things-value') return { status: 404, body: { error_code: 40401, message: 'Subject not found.' } };
    if (path.startsWith('/config/')) return { status: 200, body: method === 'PUT' ? { compatibility: 'BACKWARD_TRANSITIVE' } : { compatibilityLevel: 'BACKWARD_TRANSITIVE' } };
    return { status: 200, body: { id: 12 } };
  });
  const registry = new SchemaRegistry(`${url}/`, { namespace: 'replay' });
  t.equal(await registry.register(topic), 12);
  t.same(asked, ['POST /subjects/replay.things-value', 'PUT /config/replay.things-value', 'GET /config/replay.things-value', 'POST /subjects/replay.things-value/versions']);
  t.equal(await registry.idOf(topic), 12);
  t.equal(asked.length, 4, 'what it has registered it knows');
});

t.test('what is registered is only looked up', async (t) => {
  const { url, asked } = await answering(t, () => ({ status: 200, body: { id: 12 } }));
  t.equal(await new SchemaRegistry(url).register(topic), 12);
  t.same(asked, ['POST /subjects/things-value']);
});

t.test('another schema of a subject is another question', async (t) => {
  const { url, asked } = await answering(t, (_, __, body) => ({ status: 200, body: { id: body.includes('Other') ? 13 : 12 } }));
  const registry = new SchemaRegistry(url);
  t.equal(await registry.register(topic), 12);
  t.equal(await registry.idOf({ ...topic, schema: { avsc: avsc.replace('Thing', 'Other') } }), 13);
  t.equal(await registry.idOf(topic), 12);
  t.equal(asked.length, 2);
});

t.test('an id that does not exist is told from a registry that does not answer', async (t) => {
  let isDown = false;
  const { url, asked, stop } = await answering(t, (_, path) => {
    if (isDown) return { status: 503, body: 'starting' };
    if (path === '/schemas/ids/1') return { status: 200, body: { schema: avsc } };
    if (path === '/schemas/ids/3') return { status: 404, body: '<html>no such page</html>' };
    if (path === '/schemas/ids/4') return { status: 200, body: '<html>welcome</html>' };
    return { status: 404, body: { error_code: 40403, message: 'No content with id/hash' } };
  });
  const registry = new SchemaRegistry(url);
  t.equal(await registry.schemaOf(1), avsc);
  await Promise.all([registry.schemaOf(1), registry.schemaOf(1)]);
  t.equal(asked.length, 1, 'asked for once');
  await t.rejects(registry.schemaOf(2), { name: 'UnknownSchemaId', code: 'unknown_schema_id', message: /No schema has the id 2 / });
  await t.rejects(registry.schemaOf(3), { code: 'registry_unavailable', retryable: true }, 'a 404 of something else says nothing about the id');
  await t.rejects(registry.schemaOf(4), { code: 'registry_unavailable' });
  isDown = true;
  await t.rejects(registry.schemaOf(5), { code: 'registry_unavailable', message: /503/ });
  isDown = false;
  await t.rejects(registry.schemaOf(5), { code: 'unknown_schema_id' }, 'a failure is not remembered');
  await stop();
  await t.rejects(registry.schemaOf(6), { code: 'registry_unavailable', message: /does not answer/ });
  await t.rejects(registry.register(topic), { code: 'registry_unavailable' });
});

t.test('an answer that never comes is asked for once more, and then the registry does not answer', async (t) => {
  let lost = 1, isKnown = false;
  const server = createServer((request, response) => {
    if (request.method === 'POST' && lost-- > 0) return; //  heard, and nothing is said
    if (request.url!.endsWith('-value') && request.method === 'POST' && !isKnown) {
      lost = Math.max(lost, 1); //  and so of what registers it
      isKnown = true;
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error_code":40401}');
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(request.url!.startsWith('/config/') ? { compatibility: 'BACKWARD_TRANSITIVE', compatibilityLevel: 'BACKWARD_TRANSITIVE' } : { id: 12 }));
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.teardown(() => { server.closeAllConnections(); server.close(); });
  const registry = new SchemaRegistry(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { timeoutMs: 300 });
  t.equal(await registry.register(topic), 12);
  lost = Infinity;
  await t.rejects(registry.register({ ...topic, name: 'others' }), { code: 'registry_unavailable', message: /does not answer/ });
});

t.test('refusals say what is wrong', async (t) => {
  const { url } = await answering(t, (method, path) => {
    if (path.startsWith('/config/')) return { status: 200, body: { compatibilityLevel: 'BACKWARD_TRANSITIVE' } };
    if (path.startsWith('/compatibility/')) return { status: 200, body: { is_compatible: false, messages: ['reader type: LONG not compatible with writer type: STRING'] } };
    if (method === 'POST' && path.endsWith('/versions')) return { status: 409, body: { error_code: 409, message: 'reader type: LONG not compatible with writer type: STRING at /fields/0/type' } };
    return undefined;
  });
  const registry = new SchemaRegistry(url);
  await t.rejects(registry.register(topic), { code: 'schema_incompatible', message: /things-value.*LONG not compatible/ });
  await t.rejects(registry.idOf(topic), { code: 'schema_not_registered', message: /topics apply/ });
  t.same(await registry.check(topic, avsc), { isCompatible: false, messages: ['reader type: LONG not compatible with writer type: STRING'] });
});
