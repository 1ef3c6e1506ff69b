import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { OddsApiError } from './errors.ts';

/** What a recording is, by its name: a change stream, bodies in an archive, one body, or a folder of bodies. */
export type Layout = 'changes' | 'tar' | 'body' | 'folder';

/** The layout of a recording; throws OddsApiError where there is none, or none that this feed reads. */
export const layoutOf = async (path: string): Promise<Layout> => {
  const info = await stat(path).catch(() => {
    throw new OddsApiError('recording_unreadable', `cannot read ${path}: check the path given as file`);
  });
  if (info.isDirectory()) return 'folder';
  if (/\.jsonl(\.gz)?$/.test(path)) return 'changes';
  if (/\.(tar|tar\.gz|tgz)$/.test(path)) return 'tar';
  if (/\.json(\.gz)?$/.test(path)) return 'body';
  throw new OddsApiError('recording_unknown', `${path}: a recording is a .jsonl[.gz] change stream, .json[.gz] bodies, a .tar[.gz] or a folder of them`);
};

/** The bytes of a file, unpacked where its name ends in gz, and how many packed bytes have been read. */
export const openFile = (path: string): { stream: Readable; bytesRead: () => number } => {
  const file = createReadStream(path);
  // `pipeline` carries an error of the file into the stream that is read; its callback has nothing to add.
  const stream = /gz$/.test(path) ? pipeline(file, createGunzip(), () => undefined) : file;
  return { stream, bytesRead: () => file.bytesRead };
};

/** One line of a text file. */
export interface Line {
  readonly text: string;
  readonly number: number;
  /** Share of the file read so far, 0 to 1. */
  readonly progress: number;
}

/** The lines of a text file, gzipped or not. Throws what the file system or zlib says, after the lines that could be read. */
export async function* linesOf(path: string): AsyncGenerator<Line> {
  const { size } = await stat(path);
  const { stream, bytesRead } = openFile(path);
  stream.setEncoding('utf8');
  let rest = '';
  let number = 0;
  for await (const chunk of stream as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) yield { text, number: ++number, progress: bytesRead() / size };
  }
  if (rest !== '') yield { text: rest, number: ++number, progress: 1 };
}

/** Position in a recording as its cursor; undefined where there is none, an error where it is not ours. */
export const positionOf = (cursor: string | undefined, unit: string): number => {
  if (cursor === undefined) return 0;
  const match = /^(\w+):(\d+)$/.exec(cursor);
  if (match?.[1] !== unit) throw new OddsApiError('recording_unknown', `the position "${cursor}" does not belong to this recording: start it again without a position`);
  return Number(match[2]);
};
