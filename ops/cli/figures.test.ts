import t from 'tap';
import { PipelineMetrics } from '../../runtime/metrics.ts';
import { Fate, Fates } from '../../stream/fates.ts';
import { serveEndpoints } from './endpoints.ts';
import { ago, askFigures, figuresOf, parseSamples } from './figures.ts';

t.test('what the pipelines of a process say comes out as they said it', async (t) => {
  const best = new PipelineMetrics('best-odds'), history = new PipelineMetrics('odds-history');
  const fates = new Fates();
  fates.delivered = 12;
  fates.waiting = 1;
  for (const fate of [Fate.applied, Fate.applied, Fate.applied, Fate.unchanged, Fate.lateApplied, Fate.stale, Fate.control, Fate.control, Fate.dead]) fates.count(fate);
  best.accounts(0, fates);
  best.progress(0, 40, 1_000_000, 1_002_500);
  best.progress(1, 2, 1_000_000, 1_000_500);
  best.published('best', 7);
  best.windowPublished(1_000, 1_300);
  best.windowPublished(1_000, 1_500);
  history.sinkRows(99);

  let reasons: Record<string, string> = { 'odds-history': 'starting' };
  const { url, close } = await serveEndpoints(0, { registries: [best.registry, history.registry], notReady: () => reasons });
  t.teardown(close);
  t.match(await askFigures({ url, pipelines: ['best-odds', 'odds-history'] }), [
    {
      pipeline: 'best-odds', delivered: 12, unaccounted: 2, lagOffsets: 42, behindMs: 2_500, published: 7, publishMs: 400,
      fates: { applied: 3, unchanged: 1, late_applied: 1, stale: 1, control: 2, dead: 1 },
    },
    { pipeline: 'odds-history', delivered: 0, lagOffsets: 0, behindMs: undefined, sinkRows: 99, publishMs: undefined },
  ]);
  t.match(await (await fetch(`${url}/metrics`)).text(), /process_cpu_seconds_total/, 'and the process of itself');

  t.equal((await fetch(`${url}/health/live`)).status, 200);
  const notReady = await fetch(`${url}/health/ready`);
  t.equal(notReady.status, 503);
  t.match(await notReady.json(), { status: 'DOWN', reasons });
  reasons = {};
  t.equal((await fetch(`${url}/health/ready`)).status, 200);
  t.equal((await fetch(`${url}/other`)).status, 404);
});

t.test('who does not answer has no figures', async (t) => {
  t.equal(await askFigures({ url: 'http://127.0.0.1:9', pipelines: ['best-odds'] }), undefined);
});

t.test('the text format', (t) => {
  t.same(parseSamples('# HELP a b\na{x="1",y="say \\"so\\", {or} not"} 2.5\nb 3 1700000000000\n\n'), [
    { name: 'a', labels: { x: '1', y: 'say \\"so\\", {or} not' }, value: 2.5 }, { name: 'b', labels: {}, value: 3 },
  ]);
  t.same(figuresOf('', ['x']).map(({ delivered }) => delivered), [0]);
  t.end();
});

t.test('times for people', (t) => {
  t.same([0, 940, 9_999, 10_000, 119_000, 120_000, 7_200_000, 172_800_000, -300].map(ago), ['0.0 s', '0.9 s', '10.0 s', '10 s', '119 s', '2 min', '2 h', '2 d', '-0.3 s']);
  t.end();
});
