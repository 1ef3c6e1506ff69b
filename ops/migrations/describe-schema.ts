import pg from 'pg';

/** What only one of the two modes has: its partitions, queues and workings. */
const oneModeOnly = {
  relations: '^odds_(rollup_|touched_|upkeep)',
  functions: ['time_bucket', 'odds_refresh_level', 'odds_refresh_touched_job', 'odds_capture_due_job', 'odds_note_rows', 'odds_rollup_refresh',
    'odds_make_partitions', 'odds_drop_expired', 'odds_jobs_run', 'odds_take_over'],
};

/**
 * The schema as text: tables, views, their columns, types, constraints, indexes, functions, and what each role and everybody
 * may do with them. The same in both modes: what is one mode's own working is left out.
 */
export async function describeSchema(client: pg.ClientBase, schema = 'public'): Promise<string> {
  const { rows } = await client.query<{ zone: string; path: string }>(`SELECT current_setting('timezone') AS zone, current_setting('search_path') AS path`);
  // Constants in a CHECK are printed in the session's zone, and what is not on its path with the schema's name.
  await client.query(`SELECT set_config('timezone', 'UTC', false), set_config('search_path', $1, false)`, [`${pg.escapeIdentifier(schema)}, public`]);
  try {
    const blocks = [...await describeRelations(client, schema), ...await describeFunctions(client, schema)];
    return `${blocks.join('\n\n')}\n`;
  } finally {
    await client.query(`SELECT set_config('timezone', $1, false), set_config('search_path', $2, false)`, [rows[0]!.zone, rows[0]!.path]);
  }
}

async function describeRelations(client: pg.ClientBase, schema: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string; kind: string; columns: string[]; constraints: string[]; indexes: string[]; grants: string[] }>(`
    SELECT c.relname AS name,
           CASE c.relkind WHEN 'v' THEN 'view' ELSE 'table' END AS kind,
           ARRAY(SELECT concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'not null' END,
                                  CASE a.attgenerated WHEN '' THEN 'default ' ELSE 'generated ' END || pg_get_expr(d.adbin, d.adrelid))
                   FROM pg_attribute a LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
                  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS columns,
           ARRAY(SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k WHERE k.conrelid = c.oid ORDER BY 1) AS constraints,
           ARRAY(SELECT regexp_replace(pg_get_indexdef(i.indexrelid), ' ON (ONLY )?([^.]+\\.)?', ' on ')
                   FROM pg_index i WHERE i.indrelid = c.oid AND NOT i.indisprimary ORDER BY 1) AS indexes,
           ARRAY(${grants('c.relacl')}) AS grants
      FROM pg_class c
     WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition AND c.relname !~ $2
     ORDER BY c.relname`, [pg.escapeIdentifier(schema), oneModeOnly.relations]);
  return rows.map(({ name, kind, columns, constraints, indexes, grants: rights }) =>
    [`${kind} ${name}`, ...[...columns, ...constraints, ...indexes, ...rights].map((line) => `  ${line}`)].join('\n'));
}

async function describeFunctions(client: pg.ClientBase, schema: string): Promise<string[]> {
  const { rows } = await client.query<{ head: string; grants: string[] }>(`
    SELECT concat_ws(' ', CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END,
                     p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
                     'returns ' || pg_get_function_result(p.oid), CASE WHEN p.prosecdef THEN 'security definer' END) AS head,
           ARRAY(${grants(`coalesce(p.proacl, acldefault('f', p.proowner))`)}) AS grants
      FROM pg_proc p
     WHERE p.pronamespace = $1::regnamespace AND p.proname <> ALL ($2)
       AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_proc'::regclass AND x.objid = p.oid AND x.deptype = 'e')
     ORDER BY p.proname, 1`, [pg.escapeIdentifier(schema), oneModeOnly.functions]);
  return rows.map(({ head, grants: rights }) => [head, ...rights.map((line) => `  ${line}`)].join('\n'));
}

/** The rights in an access list, those of its owner left out: a line per role. */
const grants = (list: string): string => `
  SELECT format('grant %s to %s', string_agg(lower(g.privilege_type), ', ' ORDER BY g.privilege_type), coalesce(r.rolname, 'public'))
    FROM aclexplode(${list}) g LEFT JOIN pg_roles r ON r.oid = g.grantee
   WHERE g.grantee <> g.grantor GROUP BY r.rolname ORDER BY 1`;
