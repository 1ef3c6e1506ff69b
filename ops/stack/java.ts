import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

/** A Java runtime on this machine. `major`: 17, 21, …; `home`: the folder that holds `bin/java`. */
export interface Java {
  readonly home: string;
  readonly major: number;
}

/** `17.0.15` → 17, `1.8.0_292` → 8, `21-ea` → 21. Undefined where the text is no version. */
export const javaMajor = (version: string): number | undefined => {
  const match = /^(?:1\.)?(\d+)/.exec(version.trim());
  return match ? Number(match[1]) : undefined;
};

/** The version out of what `java -version` prints: `openjdk version "17.0.15" 2025-04-15`. */
export const javaMajorOfOutput = (output: string): number | undefined => {
  const match = /version "([^"]+)"/.exec(output);
  return match ? javaMajor(match[1] ?? '') : undefined;
};

const children = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []);

const majorAt = (home: string): number | undefined => {
  const release = join(home, 'release');
  if (existsSync(release)) {
    const match = /^JAVA_VERSION="([^"]+)"/m.exec(readFileSync(release, 'utf8'));
    if (match) return javaMajor(match[1] ?? '');
  }
  return javaMajorOfOutput(spawnSync(join(home, 'bin', 'java'), ['-version'], { encoding: 'utf8' }).stderr ?? '');
};

/** All Java runtimes found: JAVA_HOME, PATH and the usual folders of Linux, macOS and SDKMAN; oldest first. */
export const findJavas = (env: NodeJS.ProcessEnv = process.env): Java[] => {
  const onPath = (env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'java')).filter((path) => existsSync(path));
  const homes = [
    ...(env['JAVA_HOME'] ? [env['JAVA_HOME']] : []),
    ...onPath.map((path) => dirname(dirname(realpathSync(path)))),
    ...children('/usr/lib/jvm'),
    ...children('/Library/Java/JavaVirtualMachines').map((folder) => join(folder, 'Contents', 'Home')),
    ...children(join(homedir(), '.sdkman', 'candidates', 'java')),
  ];
  const found = new Map<string, Java>();
  for (const candidate of homes) {
    if (!existsSync(join(candidate, 'bin', 'java'))) continue;
    const home = realpathSync(candidate);
    if (found.has(home)) continue;
    const major = majorAt(home);
    if (major !== undefined) found.set(home, { home, major });
  }
  return [...found.values()].sort((a, b) => a.major - b.major);
};

/** The oldest Java that is new enough: what a server was built for is nearer to it than the newest. */
export const javaAtLeast = (major: number, javas: readonly Java[]): Java | undefined => javas.find((java) => java.major >= major);
