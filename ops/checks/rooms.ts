import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import extractTsConfig from 'dependency-cruiser/config-utl/extract-ts-config';

const roomNames = ['domain', 'schemas', 'stream', 'topologies', 'runtime', 'connectors', 'sinks', 'pipelines', 'ops'] as const;

/** What a check of the rooms found: how many modules were read, and one line for each thing that is not as it must be. */
export interface RoomsFound { readonly modules: number; readonly problems: readonly string[] }

/**
 * Checks who imports whom under `root`, by `.dependency-cruiser.cjs` there. A room in which nothing was read is a problem too: a cruiser that
 * does not understand the sources reads none of them and finds nothing wrong.
 */
export const checkRooms = async (root: string): Promise<RoomsFound> => {
  const options = await extractOptions(path.join(root, '.dependency-cruiser.cjs'));
  const present = roomNames.filter((room) => existsSync(path.join(root, room)));
  const { output } = await cruise([...present], { ...options, baseDir: root }, undefined, { tsConfig: extractTsConfig(path.join(root, 'tsconfig.json')) });
  const { modules, summary } = output as ICruiseResult;
  const read = new Set(modules.filter(({ source, dependencies }) => !source.startsWith('node_modules') && dependencies.length > 0).map(({ source }) => source.split('/')[0]));
  return {
    modules: summary.totalCruised,
    problems: [
      ...roomNames.filter((room) => !read.has(room) && !isEmpty(path.join(root, room))).map((room) => `${room}: no module with an import was read; does dependency-cruiser understand these sources?`),
      ...roomNames.filter((room) => isEmpty(path.join(root, room))).map((room) => `${room}: the room is missing`),
      ...summary.violations.map(({ from, to, rule, cycle }) => `${rule.name}: ${from} → ${cycle === undefined ? to : cycle.map(({ name }) => name).join(' → ')}`),
    ],
  };
};

const isEmpty = (folder: string): boolean => !existsSync(folder) || readdirSync(folder).length === 0;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { modules, problems } = await checkRooms(path.resolve(import.meta.dirname, '../..'));
  if (problems.length > 0) {
    console.error(`Imports go where they may not (.dependency-cruiser.cjs has the rules):\n  ${problems.join('\n  ')}`);
    process.exitCode = 1;
  } else console.log(`rooms: ${modules} modules import only what they may`);
}
