/** A file: its matches, what could not be read of it, and how many rows became what. */
import { readFile } from 'node:fs/promises';
import { FootballDataError } from './errors.ts';
import type { Problem } from './errors.ts';
import { readLayout } from './layout.ts';
import type { Layout } from './layout.ts';
import { readMatch } from './match.ts';
import type { Match } from './match.ts';
import { cells, decodeText, lines } from './text.ts';

export interface Season {
  readonly file: string;
  readonly layout: Layout;
  readonly matches: readonly Match[];
  readonly problems: readonly Problem[];
  /** Rows below the header: matches, rows without a single value, rows whose cells do not match the header, and other rows left out. */
  readonly rows: { readonly used: number; readonly blank: number; readonly ragged: number; readonly leftOut: number };
}

/**
 * Reads a season from its bytes. A row that cannot be read is a located problem and left out; the others flow. Throws
 * {@link FootballDataError} where there is nothing to read: `file_empty`, `file_unreadable` (broken gzip), `layout_unknown`.
 */
export const parseSeason = (bytes: Uint8Array, file: string): Season => {
  const problems: Problem[] = [];
  const matches: Match[] = [];
  const rows = { used: 0, blank: 0, ragged: 0, leftOut: 0 };
  let layout: Layout | undefined;
  for (const { row, text } of lines(decodeText(bytes, file))) {
    const at = `${file}:${row}`;
    const found = cells(text);
    if (found?.every((cell) => cell === '')) {
      if (layout !== undefined) rows.blank++;
      continue;
    }
    if (layout === undefined) {
      const read = readLayout(found ?? [text], file, row);
      layout = read.layout;
      problems.push(...read.problems);
      continue;
    }
    if (found === undefined) {
      rows.leftOut++;
      problems.push({ code: 'row_malformed', at, message: 'a quote is not closed: the row is left out' });
      continue;
    }
    if (found.length !== layout.columns) {
      rows.ragged++;
      const column = Math.min(found.length, layout.columns) + 1;
      problems.push({ code: 'row_ragged', at: `${at}:${column}`, message: `${found.length} cells under ${layout.columns} headers, so no cell can be told by its column: the row is left out` });
      continue;
    }
    const read = readMatch(found, layout, at);
    problems.push(...read.problems);
    if (read.match === undefined) rows.leftOut++;
    else {
      rows.used++;
      matches.push(read.match);
    }
  }
  if (layout === undefined) throw new FootballDataError('file_empty', `${file}: the file is empty; fetch it again`);
  return { file, layout, matches, problems, rows };
};

/** The bytes of a file. Throws `file_unreadable`. */
export const readBytes = async (file: string): Promise<Uint8Array> => {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new FootballDataError('file_unreadable', `${file}: cannot be read (${cause instanceof Error ? cause.message : String(cause)}); check --file`, cause);
  }
};
