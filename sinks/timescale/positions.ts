import type pg from 'pg';

/** A position on its way from what the sink last knew to where it wants it. Undefined: there was none. */
export interface Move {
  readonly partition: number;
  readonly expected: number | undefined;
  readonly next: number;
}

/** Where a pipeline stands in the database, by partition. */
export const readPositions = async (client: pg.ClientBase, pipeline: string, topic: string, partitions: readonly number[]): Promise<Map<number, number>> => {
  const { rows } = await client.query<{ partition: number; next_offset: string }>(
    'SELECT partition, next_offset FROM sink_positions WHERE pipeline = $1 AND topic = $2 AND partition = ANY ($3::int[])', [pipeline, topic, partitions]);
  return new Map(rows.map(({ partition, next_offset }) => [partition, Number(next_offset)]));
};

/**
 * Moves positions within the caller's transaction, and says whether each was where it was expected. If not, another writer was here, and
 * the caller rolls back. A second writer waits at the first row until the first one's transaction is over. All of it is sent before it returns: what the caller sends next comes behind it.
 */
export const movePositions = async (client: pg.ClientBase, pipeline: string, topic: string, moves: readonly Move[]): Promise<boolean> => {
  const inOrder = moves.toSorted((a, b) => a.partition - b.partition); //  so that two writers cannot lock each other out
  const known = inOrder.filter(({ expected }) => expected !== undefined), first = inOrder.filter(({ expected }) => expected === undefined);
  const statements: Promise<pg.QueryResult>[] = [];
  if (known.length > 0) {
    statements.push(client.query({
      name: 'move positions', text: `UPDATE sink_positions p SET next_offset = m.next, updated_at = now() FROM unnest($3::int[], $4::bigint[], $5::bigint[]) m(partition, expected, next)
        WHERE p.pipeline = $1 AND p.topic = $2 AND p.partition = m.partition AND p.next_offset = m.expected`,
      values: [pipeline, topic, known.map(({ partition }) => partition), known.map(({ expected }) => expected), known.map(({ next }) => next)],
    }));
  }
  if (first.length > 0) {
    statements.push(client.query(
      `INSERT INTO sink_positions (pipeline, topic, partition, next_offset) SELECT $1, $2, m.partition, m.next FROM unnest($3::int[], $4::bigint[]) m(partition, next)
       ON CONFLICT DO NOTHING`,
      [pipeline, topic, first.map(({ partition }) => partition), first.map(({ next }) => next)]));
  }
  const moved = (await Promise.all(statements)).reduce((sum, { rowCount }) => sum + (rowCount ?? 0), 0);
  return moved === moves.length;
};
