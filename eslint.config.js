import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const pure = ['domain/**/*.ts', 'schemas/**/*.ts', 'stream/**/*.ts', 'topologies/**/*.ts'];
const tests = ['**/*.test.ts', '**/*-for-tests.ts', '**/testing/**', '**/testing.ts'];

const inTheLog = 'what a task emits is a function of its log alone';
const noClock = [
  { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: `No clock here: ${inTheLog}. Event time comes with the rows.` },
  { selector: 'CallExpression[callee.name="Date"]', message: `No clock here: ${inTheLog}. Event time comes with the rows.` },
  { selector: 'MemberExpression[property.name=/^(toLocale\\w*|localeCompare)$/]', message: `No locale here: ${inTheLog}, not of the machine's settings. Compare with <.` },
];
const synchronous = ['AwaitExpression', ':function[async=true]', 'NewExpression[callee.name="Promise"]', 'MemberExpression[object.name="Promise"]'].map((selector) => ({
  selector, message: 'A topology is synchronous from end to end: all that follows from a batch has been emitted when next returns.',
}));
/** `rxjs` without what keeps time of its own, goes through a scheduler, makes a stream per key or lets one overtake another. */
const rxjsOf = (...allowImportNames) => ({
  'no-restricted-imports': ['error', {
    paths: [{ name: 'rxjs', allowImportNames, message: `Of rxjs there are ${allowImportNames.join(', ')}: no schedulers, no timed, grouping or flattening operators. Windows, keys and stores are those of stream/operators.` }],
    patterns: [{ group: ['rxjs/*'], message: 'Import from rxjs itself.' }],
  }],
});

export default defineConfig(
  { ignores: ['node_modules/', '.oddstream/', '.tap/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'prefer-const': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'all' }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }],
      // With types: what a promise can hide.
      '@typescript-eslint/no-floating-promises': ['error', {
        // tap runs a test that was added, awaited or not, and fails with it.
        allowForKnownSafeCalls: [{ from: 'package', package: '@tapjs/test', name: ['test', 'before', 'teardown'] }, { from: 'package', package: '@tapjs/core', name: ['test'] }],
      }],
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/prefer-promise-reject-errors': 'error',
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/restrict-plus-operands': 'error',
      '@typescript-eslint/no-array-delete': 'error',
      '@typescript-eslint/unbound-method': 'error',
    },
  },
  {
    files: pure, ignores: tests,
    rules: {
      'no-restricted-properties': ['error',
        { object: 'Date', property: 'now', message: `No clock here: ${inTheLog}. Event time comes with the rows.` },
        { object: 'Math', property: 'random', message: `No chance here: ${inTheLog}.` }],
      'no-restricted-globals': ['error', ...['performance', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'process', 'fetch', 'crypto', 'Intl', 'Buffer', 'globalThis'].map((name) => ({
        name, message: `Not in a pure room: ${inTheLog}.`,
      }))],
      'no-restricted-syntax': ['error', ...noClock],
    },
  },
  {
    files: ['stream/**/*.ts'], ignores: tests,
    rules: { ...rxjsOf('Observable', 'Observer', 'OperatorFunction', 'Subject', 'Subscriber', 'Subscription', 'share'), 'no-restricted-syntax': ['error', ...noClock, ...synchronous] },
  },
  {
    files: ['topologies/**/*.ts'], ignores: tests,
    rules: { ...rxjsOf('Observable', 'OperatorFunction', 'filter', 'map', 'merge', 'share'), 'no-restricted-syntax': ['error', ...noClock, ...synchronous] },
  },
  { files: ['ops/**/*.ts'], rules: { 'no-console': 'off' } },
  { files: tests, rules: { 'no-console': 'off', '@typescript-eslint/unbound-method': 'off' } },
);
