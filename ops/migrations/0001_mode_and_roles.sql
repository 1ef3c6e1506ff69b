-- 0001: which kind of database this is, and who may do what.
--
-- One set of migrations serves two modes. `timescale`: hypertables, continuous aggregates, background policies.
-- `plain`: native monthly partitions, maintained rollups. Tables, views, columns, functions and results are the same.
--
-- migrate.ts runs each file once, in one transaction, as the role that is to own the objects, with search_path =
-- <schema>, public, pg_temp. Functions keep that path (SET search_path FROM CURRENT): pg_temp comes last, so that no temporary
-- table of a caller can stand in for one of ours inside a SECURITY DEFINER function.

CREATE TABLE odds_settings (
  only_row    boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
  mode        text        NOT NULL CHECK (mode IN ('timescale', 'plain')),
  reason      text        NOT NULL,
  retention   interval    DEFAULT '5 years' CHECK (retention > interval '0'),
  decided_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE  odds_settings IS 'One row: the mode that this schema was created in, why, and how long rows are kept.';
COMMENT ON COLUMN odds_settings.mode IS 'timescale or plain. Decided once: a schema does not change its mode when the server later gains or loses the extension.';
COMMENT ON COLUMN odds_settings.retention IS 'NULL: keep for ever (a playback of old seasons at their original times). Set it with odds_set_retention().';

-- The mode is decided once and stored: a DBA who adds the extension later must not make a plain schema look like a hypertable one.
DO $$
DECLARE
  why text;
  found_mode text := 'plain';
  version int[];
  home text;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb') THEN
    why := 'TimescaleDB is not installed on this server';
  -- CREATE EXTENSION ends the connection with a FATAL where the library is installed but not preloaded, so ask for a
  -- setting that only the preloaded library defines.
  ELSIF NOT EXISTS (SELECT FROM pg_settings WHERE name = 'timescaledb.max_background_workers') THEN
    why := 'TimescaleDB is installed but not in shared_preload_libraries';
  ELSE
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
      BEGIN
        -- SCHEMA public: otherwise it lands in whatever schema the first replay happens to use, and goes with it.
        CREATE EXTENSION timescaledb SCHEMA public;
      EXCEPTION WHEN insufficient_privilege THEN
        why := 'TimescaleDB is ready, but this role may not CREATE EXTENSION';
      END;
    END IF;
    SELECT string_to_array(split_part(e.extversion, '-', 1), '.')::int[], n.nspname INTO version, home
      FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'timescaledb';
    IF version IS NULL THEN NULL;
    ELSIF home <> 'public' THEN
      why := format('TimescaleDB lies in schema %I, not in public', home);
    ELSIF version < ARRAY[2, 28] THEN
      why := 'TimescaleDB is older than 2.28 (refresh in batches by option is missing)';
    -- Known only after the extension is loaded. Under the Apache licence there are no continuous aggregates, no columnstore, no jobs.
    ELSIF current_setting('timescaledb.license', true) IS DISTINCT FROM 'timescale' THEN
      why := 'timescaledb.license is not ''timescale''';
    ELSE
      found_mode := 'timescale';
      why := 'TimescaleDB ' || array_to_string(version, '.');
    END IF;
  END IF;

  INSERT INTO odds_settings (mode, reason) VALUES (found_mode, why);
END $$;

CREATE FUNCTION odds_on_timescale() RETURNS boolean
  LANGUAGE sql STABLE PARALLEL SAFE SET search_path FROM CURRENT
  AS $$ SELECT mode = 'timescale' FROM odds_settings $$;
COMMENT ON FUNCTION odds_on_timescale() IS 'True in timescale mode, false in plain mode.';

-- A plain schema brings its own time_bucket. (Its own: a replay's schema must not depend on another one.) date_bin knows no months
-- and no years: those widths are an error here. Origin 2000-01-03, a Monday, is the extension's, so that weeks agree.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                  WHERE e.extname = 'timescaledb' AND n.nspname = 'public') THEN
    CREATE FUNCTION time_bucket(bucket_width interval, ts timestamptz) RETURNS timestamptz
      LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
      AS 'SELECT date_bin(bucket_width, ts, timestamptz ''2000-01-03 00:00:00+00'')';
    COMMENT ON FUNCTION time_bucket(interval, timestamptz) IS 'Start of the bucket that ts lies in, in UTC. Stands in for the extension''s function in plain mode.';
  END IF;
END $$;

-- Sample standard deviation out of count, sum and sum of squares, in exact numeric arithmetic (so no catastrophic
-- cancellation). NULL below two points, as stddev_samp has it. One body for every level and both modes. Inlined.
CREATE FUNCTION odds_stddev(n bigint, s numeric, sq numeric) RETURNS numeric
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT CASE WHEN n > 1 THEN round(sqrt((n * sq - s * s) / (n::numeric * (n - 1))), 10) END $$;
COMMENT ON FUNCTION odds_stddev(bigint, numeric, numeric) IS 'Sample standard deviation from count, sum and sum of squares, rounded to 10 places.';

-- Roles are the cluster's, not the schema's: another schema, or whoever set the server up, may have made them already.
DO $$
DECLARE
  r     text;
  wish  text;
BEGIN
  FOREACH r IN ARRAY ARRAY['quant', 'odds_writer'] LOOP
    CONTINUE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = r);
    BEGIN
      -- No password is set here: how a quant authenticates is pg_hba.conf's and the operator's business.
      EXECUTE format('CREATE ROLE %I %s NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION', r, CASE r WHEN 'quant' THEN 'LOGIN' ELSE 'NOLOGIN' END);
    EXCEPTION
      WHEN duplicate_object OR unique_violation THEN NULL;  -- two migrations at once
      WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'role % is missing and % may not create it', r, current_user
          USING HINT = format('As a superuser: CREATE ROLE %I %s;', r, CASE r WHEN 'quant' THEN 'LOGIN' ELSE 'NOLOGIN' END);
    END;
  END LOOP;

  -- A second lock beside the missing grants, and a limit so that one query cannot hold back vacuum for hours. Only where
  -- nobody has decided otherwise, and not worth refusing to migrate for.
  FOREACH wish IN ARRAY ARRAY['default_transaction_read_only=on', 'statement_timeout=5min'] LOOP
    CONTINUE WHEN EXISTS (SELECT FROM pg_db_role_setting s JOIN pg_roles q ON q.oid = s.setrole, unnest(s.setconfig) c
                           WHERE q.rolname = 'quant' AND split_part(c, '=', 1) = split_part(wish, '=', 1));
    BEGIN
      EXECUTE format('ALTER ROLE quant SET %s = %L', split_part(wish, '=', 1), split_part(wish, '=', 2));
    EXCEPTION WHEN insufficient_privilege THEN
      RAISE NOTICE 'role quant has no %, and % may not set it; as a superuser: ALTER ROLE quant SET % = %',
        split_part(wish, '=', 1), current_user, split_part(wish, '=', 1), quote_literal(split_part(wish, '=', 2));
    END;
  END LOOP;
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO quant, odds_writer', current_schema());
END $$;
