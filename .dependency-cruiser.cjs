/** The rooms, and into whose the code of each may look besides its own. Nobody looks into pipelines or ops. */
const rooms = {
  domain: [],
  schemas: [],
  stream: ['schemas'],
  topologies: ['stream', 'schemas', 'domain'],
  runtime: ['stream', 'schemas'],
  connectors: ['runtime', 'stream', 'schemas', 'domain'],
  sinks: ['runtime', 'stream', 'schemas', 'domain'],
  pipelines: ['topologies', 'connectors', 'sinks', 'runtime', 'stream', 'schemas', 'domain'],
  ops: ['pipelines', 'topologies', 'connectors', 'sinks', 'runtime', 'stream', 'schemas', 'domain'],
};
/** Rooms without I/O, and the packages that they may use. */
const pure = { domain: [], schemas: [], stream: ['rxjs'], topologies: ['rxjs'] };

/** Tests and what only tests use: they may have packages, also in pure rooms. */
const tests = '(\\.test\\.ts|\\.typetest\\.ts|-for-tests\\.ts)$|/testing(/|\\.ts$)';
/** Tests against real servers: they may start them, so they look into ops, whatever their room. */
const integrationTests = '\\.integration\\.test\\.ts$|-for-tests\\.ts$';
const package = (name) => `^node_modules/${name}/`;

module.exports = {
  forbidden: [
    ...Object.entries(rooms).map(([room, allowed]) => ({
      name: `${room}-looks-only-into-${allowed.join('-') || 'itself'}`, severity: 'error',
      from: { path: `^${room}/`, ...(room in pure ? {} : { pathNot: integrationTests }) },
      to: { path: `^(${Object.keys(rooms).join('|')})/`, pathNot: `^(${[room, ...allowed].join('|')})/` },
    })),
    ...['connectors', 'sinks'].map((room) => ({
      name: `${room}-know-runtimes-ports-only`, severity: 'error', comment: 'types of runtime are free; of its values, those of its ports',
      from: { path: `^${room}/`, pathNot: tests }, to: { path: '^runtime/', pathNot: '^runtime/ports\\.ts$', dependencyTypesNot: ['type-only'] },
    })),
    ...Object.entries(pure).map(([room, packages]) => ({
      name: `${room}-has-no-io`, severity: 'error', comment: 'node:* and packages live in connectors, sinks, runtime, pipelines and ops',
      from: { path: `^${room}/`, pathNot: tests },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-bundled', 'npm-no-pkg', 'npm-unknown', 'undetermined'], ...(packages.length > 0 ? { pathNot: packages.map(package) } : {}) },
    })),
    { name: 'topologies-meet-in-topics', severity: 'error', comment: 'two topologies meet in a topic, never in an import',
      from: { path: '^topologies/([^/]+)/' }, to: { path: '^topologies/', pathNot: '^topologies/$1/' } },
    { name: 'code-does-not-need-tests', severity: 'error', from: { path: `^(${Object.keys(rooms).join('|')})/`, pathNot: tests }, to: { path: tests } },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'all-imports-exist', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' }, tsPreCompilationDeps: true, tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.mts', '.js', '.mjs', '.cjs', '.json'], exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
};
