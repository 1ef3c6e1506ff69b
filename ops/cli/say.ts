/** A line of progress for a person. Standard output is for results. */
export const say = (line: string): void => { process.stderr.write(`${line}\n`); };

/** Rows with their columns aligned, each ended by a line end. */
export const table = (rows: readonly (readonly string[])[]): string => {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => { widths[i] = Math.max(widths[i] ?? 0, cell.length); });
  return rows.map((row) => `${row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!))).join('  ').trimEnd()}\n`).join('');
};
