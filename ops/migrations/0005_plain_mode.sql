-- 0005: plain mode. Does nothing in timescale mode. Gives the same names as 0004.
--
-- Aggregates: rollup tables for 1m, 1h, 1d, and a queue of (hour, event) pairs whose rollups are out of date. A statement trigger fills
-- the queue; odds_refresh_touched() empties it; the views odds_agg_* take clean pairs from the rollups and compute dirty ones from
-- the raw rows, so a reader always sees the truth and only the cost depends on how far the refresh is behind.
-- The 1-second level is computed from the raw rows: a rollup of it would be as large as they are.

DO $mode$
DECLARE
  s text := current_schema();
  t text;
BEGIN
  IF odds_on_timescale() THEN RETURN; END IF;

  -- Partitions ------------------------------------------------------------------------------------------------------------------
  -- Makes the months' partitions of all series. A month that has rows in DEFAULT cannot simply be created ("updated partition
  -- constraint for default partition would be violated"), so its rows are moved into the new table before it is attached.
  -- ATTACH, not CREATE ... PARTITION OF: it does not lock out the sinks of the other months.
  CREATE FUNCTION odds_ensure_partitions(p_from timestamptz, p_to timestamptz) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
  AS $f$
  DECLARE
    s    text := current_schema();
    m    timestamptz;
    nxt  timestamptz;
    base text;
    part text;
    made int := 0;
  BEGIN
    IF p_from < '1990-01-01 00:00+00' OR p_to >= '2100-01-01 00:00+00' OR p_to - p_from > INTERVAL '40 years' THEN
      RAISE EXCEPTION 'odds_ensure_partitions: % to % is out of range', p_from, p_to
        USING HINT = 'From 1990 to 2099, at most 40 years at once.';
    END IF;
    PERFORM odds_warn_expiring(p_from);
    m := date_trunc('month', p_from, 'UTC');
    WHILE m <= p_to LOOP
      nxt := ((m AT TIME ZONE 'UTC') + INTERVAL '1 month') AT TIME ZONE 'UTC';
      FOR base IN SELECT name FROM odds_series ORDER BY name LOOP
        part := base || '_' || to_char(m AT TIME ZONE 'UTC', 'YYYYMM');
        CONTINUE WHEN to_regclass(format('%I.%I', s, part)) IS NOT NULL;
        PERFORM pg_advisory_xact_lock('odds_settings'::regclass::oid::int, 1);          -- one maker at a time, per schema
        CONTINUE WHEN to_regclass(format('%I.%I', s, part)) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I.%I (LIKE %I.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', s, part, s, base);
        EXECUTE format('LOCK TABLE %I.%I IN ACCESS EXCLUSIVE MODE', s, base || '_default');
        EXECUTE format('WITH moved AS (DELETE FROM %I.%I WHERE "timestamp" >= %L AND "timestamp" < %L RETURNING *) INSERT INTO %I.%I SELECT * FROM moved',
                       s, base || '_default', m, nxt, s, part);
        -- Only the DEFAULT partition is scanned under lock, and it is normally empty. The CHECK spares the scan of the new one.
        EXECUTE format('ALTER TABLE %I.%I ADD CONSTRAINT month_range CHECK ("timestamp" >= %L AND "timestamp" < %L)', s, part, m, nxt);
        EXECUTE format('ALTER TABLE %I.%I ATTACH PARTITION %I.%I FOR VALUES FROM (%L) TO (%L)', s, base, s, part, m, nxt);
        EXECUTE format('ALTER TABLE %I.%I DROP CONSTRAINT month_range', s, part);
        made := made + 1;
      END LOOP;
      m := nxt;
    END LOOP;
    RETURN made;
  END $f$;

  -- A row whose month has no partition yet must not stop the sink. It waits in DEFAULT; odds_ensure_partitions() moves it.
  CREATE FUNCTION odds_adopt_series(p_table text) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $f$
  BEGIN
    INSERT INTO odds_series (name) VALUES (p_table);
    EXECUTE format('CREATE TABLE %I.%I PARTITION OF %I.%I DEFAULT', current_schema(), p_table || '_default', current_schema(), p_table);
    PERFORM odds_ensure_partitions(now() - INTERVAL '1 month', now() + INTERVAL '3 months');
  END $f$;

  -- The months around now, and months that came in without a partition. Making one locks the series for a moment: do not queue behind a
  -- long query and hold up every writer, the next run will do it.
  CREATE FUNCTION odds_make_partitions() RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT SET lock_timeout = '2s' AS $f$
  DECLARE
    base   text;
    m      timestamptz;
    months timestamptz[];
  BEGIN
    PERFORM odds_ensure_partitions(now() - INTERVAL '1 month', now() + INTERVAL '3 months');
    FOR base IN SELECT name FROM odds_series LOOP
      EXECUTE format('SELECT array_agg(DISTINCT date_trunc(''month'', "timestamp", ''UTC'')) FROM %I', base || '_default') INTO months;
      FOREACH m IN ARRAY coalesce(months, '{}') LOOP
        PERFORM odds_ensure_partitions(m, m);
      END LOOP;
    END LOOP;
  EXCEPTION WHEN lock_not_available THEN
    RAISE NOTICE 'odds_make_partitions: a series is locked, next run';
  END $f$;

  -- Rollups ---------------------------------------------------------------------------------------------------------------------
  -- No unique key: rows are replaced by pair under a lock, never upserted, and a key without the sport would let one event
  -- that was sent under two sports stop the refresh for ever.
  CREATE TABLE odds_rollup_1m (
    bucket timestamptz NOT NULL, sport_id text NOT NULL, event_id text NOT NULL, market_type text NOT NULL, bookmaker_id text NOT NULL, outcome text NOT NULL,
    open_odds numeric NOT NULL, high_odds numeric NOT NULL, low_odds numeric NOT NULL, close_odds numeric NOT NULL,
    sum_odds numeric NOT NULL, sum_sq_odds numeric NOT NULL, data_points bigint NOT NULL);
  CREATE TABLE odds_rollup_1h (LIKE odds_rollup_1m);
  CREATE TABLE odds_rollup_1d (LIKE odds_rollup_1m);
  FOREACH t IN ARRAY ARRAY['odds_rollup_1m', 'odds_rollup_1h', 'odds_rollup_1d'] LOOP
    EXECUTE format('CREATE INDEX %I ON %I.%I (event_id, bucket)', t || '_event', s, t);
    EXECUTE format('CREATE INDEX %I ON %I.%I (bucket)', t || '_bucket', s, t);
  END LOOP;

  -- Append only and not unique: a unique key here would make all sinks wait for each other on the pairs of the current hour.
  CREATE TABLE odds_rollup_dirty (bucket timestamptz NOT NULL, event_id text NOT NULL);
  CREATE INDEX odds_rollup_dirty_pair ON odds_rollup_dirty (bucket, event_id);
  COMMENT ON TABLE odds_rollup_dirty IS 'Queue: (hour, event) pairs that have got rows since their rollups were computed. With repetitions.';
  -- It turns over completely every few seconds.
  ALTER TABLE odds_rollup_dirty SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
                                     autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000);

  CREATE FUNCTION odds_note_rows() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $f$
  BEGIN
    INSERT INTO odds_rollup_dirty (bucket, event_id)
    SELECT DISTINCT time_bucket(INTERVAL '1 hour', "timestamp"), event_id FROM new_rows;
    RETURN NULL;
  END $f$;
  -- On the parent, so rows must come in through the parent. (What odds_ensure_partitions moves was noted when it came.)
  CREATE TRIGGER odds_history_touched AFTER INSERT ON odds_history REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION odds_note_rows();

  -- For the sink, which need not know the mode: here the trigger has noted everything already.
  CREATE FUNCTION odds_note_touched(p_times timestamptz[]) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS 'SELECT';

  -- One dirty day, newest first, so that what people look at is fast first. Returns the pairs done: 0 nothing to do, -1 somebody else is at it.
  -- Correct with writers about: a pair's notes are deleted before its rows are read, so what commits in between is either read or
  -- noted again. Needs READ COMMITTED, or an isolation in which delete and read see the same.
  CREATE FUNCTION odds_rollup_refresh() RETURNS int LANGUAGE plpgsql SET search_path FROM CURRENT AS $f$
  DECLARE
    d      timestamptz;
    hours  timestamptz[];
    h      timestamptz;
    e      text[];
    all_e  text[] := '{}';
    n      int := 0;
  BEGIN
    IF NOT pg_try_advisory_xact_lock('odds_settings'::regclass::oid::int, 2) THEN RETURN -1; END IF;
    SELECT time_bucket(INTERVAL '1 day', max(bucket)) INTO d FROM odds_rollup_dirty;
    IF d IS NULL THEN RETURN 0; END IF;
    SELECT array_agg(DISTINCT bucket) INTO hours FROM odds_rollup_dirty WHERE bucket >= d AND bucket < d + INTERVAL '1 day';

    FOREACH h IN ARRAY hours LOOP
      WITH gone AS (DELETE FROM odds_rollup_dirty WHERE bucket = h RETURNING event_id)
      SELECT array_agg(DISTINCT event_id) INTO e FROM gone;
      CONTINUE WHEN e IS NULL;
      n := n + array_length(e, 1);
      all_e := all_e || e;

      DELETE FROM odds_rollup_1m WHERE bucket >= h AND bucket < h + INTERVAL '1 hour' AND event_id = ANY (e);
      INSERT INTO odds_rollup_1m
      SELECT time_bucket(INTERVAL '1 minute', q."timestamp") AS bucket, q.sport_id, q.event_id, q.market_type, q.bookmaker_id, q.outcome,
             (min(ARRAY[extract(epoch FROM q."timestamp"), q.source_offset, q.odds]))[3], max(q.odds), min(q.odds),
             (max(ARRAY[extract(epoch FROM q."timestamp"), q.source_offset, q.odds]))[3], sum(q.odds), sum(q.odds * q.odds), count(*)
        FROM odds_history q JOIN unnest(e) p(event_id) ON p.event_id = q.event_id
       WHERE q."timestamp" >= h AND q."timestamp" < h + INTERVAL '1 hour'
       GROUP BY 1, 2, 3, 4, 5, 6;

      DELETE FROM odds_rollup_1h WHERE bucket = h AND event_id = ANY (e);
      INSERT INTO odds_rollup_1h
      SELECT h, q.sport_id, q.event_id, q.market_type, q.bookmaker_id, q.outcome,
             (min(ARRAY[extract(epoch FROM q.bucket), q.open_odds]))[2], max(q.high_odds), min(q.low_odds),
             (max(ARRAY[extract(epoch FROM q.bucket), q.close_odds]))[2], sum(q.sum_odds), sum(q.sum_sq_odds), sum(q.data_points)::bigint
        FROM odds_rollup_1m q
       WHERE q.bucket >= h AND q.bucket < h + INTERVAL '1 hour' AND q.event_id = ANY (e)
       GROUP BY q.sport_id, q.event_id, q.market_type, q.bookmaker_id, q.outcome;
    END LOOP;

    DELETE FROM odds_rollup_1d WHERE bucket = d AND event_id = ANY (all_e);
    INSERT INTO odds_rollup_1d
    SELECT d, q.sport_id, q.event_id, q.market_type, q.bookmaker_id, q.outcome,
           (min(ARRAY[extract(epoch FROM q.bucket), q.open_odds]))[2], max(q.high_odds), min(q.low_odds),
           (max(ARRAY[extract(epoch FROM q.bucket), q.close_odds]))[2], sum(q.sum_odds), sum(q.sum_sq_odds), sum(q.data_points)::bigint
      FROM odds_rollup_1h q
     WHERE q.bucket >= d AND q.bucket < d + INTERVAL '1 day' AND q.event_id = ANY (all_e)
     GROUP BY q.sport_id, q.event_id, q.market_type, q.bookmaker_id, q.outcome;
    RETURN n;
  END $f$;
  COMMENT ON FUNCTION odds_rollup_refresh() IS 'Brings the rollups of one dirty day up to date. Use odds_refresh_touched().';

  -- Views under the names of the continuous aggregates ---------------------------------------------------------------------------
  CREATE VIEW odds_agg_1s AS
  SELECT time_bucket(INTERVAL '1 second', "timestamp") AS bucket, sport_id, event_id, market_type, bookmaker_id, outcome,
         (min(ARRAY[extract(epoch FROM "timestamp"), source_offset, odds]))[3] AS open_odds,
         max(odds)::numeric AS high_odds, min(odds)::numeric AS low_odds,
         (max(ARRAY[extract(epoch FROM "timestamp"), source_offset, odds]))[3] AS close_odds,
         sum(odds) AS sum_odds, sum(odds * odds) AS sum_sq_odds, count(*) AS data_points
    FROM odds_history
   GROUP BY time_bucket(INTERVAL '1 second', "timestamp"), sport_id, event_id, market_type, bookmaker_id, outcome;

  -- LATERAL by dirty hour, on purpose: each hour is one bounded scan with pruned partitions, and a reader's filter on event or
  -- bucket reaches both sides. A plain join of the queue with odds_history would read all partitions.
  CREATE VIEW odds_agg_1m AS
  SELECT r.* FROM odds_rollup_1m r
   WHERE NOT EXISTS (SELECT FROM odds_rollup_dirty d WHERE d.bucket = time_bucket(INTERVAL '1 hour', r.bucket) AND d.event_id = r.event_id)
  UNION ALL
  SELECT a.* FROM (SELECT DISTINCT bucket FROM odds_rollup_dirty) d
   CROSS JOIN LATERAL (
     SELECT time_bucket(INTERVAL '1 minute', q."timestamp") AS bucket, q.sport_id, q.event_id, q.market_type, q.bookmaker_id, q.outcome,
            (min(ARRAY[extract(epoch FROM q."timestamp"), q.source_offset, q.odds]))[3] AS open_odds, max(q.odds) AS high_odds, min(q.odds) AS low_odds,
            (max(ARRAY[extract(epoch FROM q."timestamp"), q.source_offset, q.odds]))[3] AS close_odds, sum(q.odds) AS sum_odds, sum(q.odds * q.odds) AS sum_sq_odds, count(*) AS data_points
       FROM odds_history q
      WHERE q."timestamp" >= d.bucket AND q."timestamp" < d.bucket + INTERVAL '1 hour'
        AND EXISTS (SELECT FROM odds_rollup_dirty x WHERE x.bucket = d.bucket AND x.event_id = q.event_id)
      GROUP BY 1, 2, 3, 4, 5, 6) a;

  CREATE VIEW odds_agg_1h AS
  SELECT r.* FROM odds_rollup_1h r
   WHERE NOT EXISTS (SELECT FROM odds_rollup_dirty d WHERE d.bucket = r.bucket AND d.event_id = r.event_id)
  UNION ALL
  SELECT d.bucket, a.* FROM (SELECT DISTINCT bucket FROM odds_rollup_dirty) d
   CROSS JOIN LATERAL (
     SELECT q.sport_id, q.event_id, q.market_type, q.bookmaker_id, q.outcome,
            (min(ARRAY[extract(epoch FROM q."timestamp"), q.source_offset, q.odds]))[3] AS open_odds, max(q.odds) AS high_odds, min(q.odds) AS low_odds,
            (max(ARRAY[extract(epoch FROM q."timestamp"), q.source_offset, q.odds]))[3] AS close_odds, sum(q.odds) AS sum_odds, sum(q.odds * q.odds) AS sum_sq_odds, count(*) AS data_points
       FROM odds_history q
      WHERE q."timestamp" >= d.bucket AND q."timestamp" < d.bucket + INTERVAL '1 hour'
        AND EXISTS (SELECT FROM odds_rollup_dirty x WHERE x.bucket = d.bucket AND x.event_id = q.event_id)
      GROUP BY 1, 2, 3, 4, 5) a;

  -- A dirty day is put together from its hours, clean and dirty: only the dirty hours cost a scan of raw rows.
  CREATE VIEW odds_agg_1d AS
  SELECT r.* FROM odds_rollup_1d r
   WHERE NOT EXISTS (SELECT FROM odds_rollup_dirty d WHERE d.bucket >= r.bucket AND d.bucket < r.bucket + INTERVAL '1 day' AND d.event_id = r.event_id)
  UNION ALL
  SELECT time_bucket(INTERVAL '1 day', q.bucket), q.sport_id, q.event_id, q.market_type, q.bookmaker_id, q.outcome,
         (min(ARRAY[extract(epoch FROM q.bucket), q.open_odds]))[2], max(q.high_odds), min(q.low_odds),
         (max(ARRAY[extract(epoch FROM q.bucket), q.close_odds]))[2], sum(q.sum_odds), sum(q.sum_sq_odds), sum(q.data_points)::bigint
    FROM odds_agg_1h q
    JOIN (SELECT DISTINCT time_bucket(INTERVAL '1 day', bucket) AS day, event_id FROM odds_rollup_dirty) d
      ON d.event_id = q.event_id AND d.day = time_bucket(INTERVAL '1 day', q.bucket)
   GROUP BY time_bucket(INTERVAL '1 day', q.bucket), q.sport_id, q.event_id, q.market_type, q.bookmaker_id, q.outcome;

  -- Refresh, retention, maintenance ------------------------------------------------------------------------------------------------
  -- Whole months that lie behind the retention, and their rollups with them.
  CREATE FUNCTION odds_drop_expired() RETURNS int LANGUAGE plpgsql SET search_path FROM CURRENT SET lock_timeout = '2s' AS $f$
  DECLARE
    edge  timestamptz;
    parts regclass[];
    part  regclass;
  BEGIN
    SELECT date_trunc('month', now() - retention, 'UTC') INTO edge FROM odds_settings;
    SELECT array_agg(c.oid::regclass) INTO parts
      FROM odds_series o JOIN pg_inherits i ON i.inhparent = o.name::regclass JOIN pg_class c ON c.oid = i.inhrelid
     WHERE c.relname ~ '_[0-9]{6}$' AND right(c.relname, 6) < to_char(edge AT TIME ZONE 'UTC', 'YYYYMM');
    IF parts IS NULL THEN RETURN 0; END IF;
    FOREACH part IN ARRAY parts LOOP
      EXECUTE format('DROP TABLE %s', part);
    END LOOP;
    DELETE FROM odds_rollup_dirty WHERE bucket < edge;
    DELETE FROM odds_rollup_1m WHERE bucket < edge;
    DELETE FROM odds_rollup_1h WHERE bucket < edge;
    DELETE FROM odds_rollup_1d WHERE bucket < edge;
    RETURN array_length(parts, 1);
  EXCEPTION WHEN lock_not_available THEN
    RAISE NOTICE 'odds_drop_expired: a series is locked, next run';
    RETURN 0;
  END $f$;

  CREATE FUNCTION odds_set_retention(p_keep interval) RETURNS void LANGUAGE sql SET search_path FROM CURRENT
    AS 'UPDATE odds_settings SET retention = p_keep';

  -- Procedures that commit can have no SET clause, so the schema is written into them. Call them outside a transaction block,
  -- as in timescale mode.
  EXECUTE format($proc$
    CREATE PROCEDURE %1$I.odds_refresh_touched() LANGUAGE plpgsql AS $f$
    DECLARE n int;
    BEGIN
      LOOP
        n := %1$I.odds_rollup_refresh();
        COMMIT;
        EXIT WHEN n <= 0;
      END LOOP;
    END $f$;

    CREATE PROCEDURE %1$I.odds_refresh(p_from timestamptz, p_to timestamptz) LANGUAGE plpgsql AS $f$
    BEGIN
      INSERT INTO %1$I.odds_rollup_dirty (bucket, event_id)
      SELECT date_bin(INTERVAL '1 hour', "timestamp", timestamptz '2000-01-03 00:00+00'), event_id FROM %1$I.odds_history
       WHERE "timestamp" >= date_bin(INTERVAL '1 hour', p_from, timestamptz '2000-01-03 00:00+00') AND "timestamp" < p_to
      UNION                                                            -- rollups whose raw rows were deleted must go too
      SELECT bucket, event_id FROM %1$I.odds_rollup_1h WHERE bucket >= date_bin(INTERVAL '1 hour', p_from, timestamptz '2000-01-03 00:00+00') AND bucket < p_to;
      COMMIT;
      CALL %1$I.odds_refresh_touched();
    END $f$;

    CREATE PROCEDURE %1$I.odds_maintain() LANGUAGE plpgsql AS $f$
    BEGIN
      PERFORM %1$I.odds_make_partitions();
      COMMIT;
      PERFORM %1$I.odds_drop_expired();
      COMMIT;
      WHILE %1$I.odds_capture_due() > 0 LOOP COMMIT; END LOOP;
      CALL %1$I.odds_refresh_touched();
    END $f$;
  $proc$, s);

  PERFORM odds_adopt_series(name) FROM unnest(ARRAY['odds_history', 'best_odds', 'arbitrage']) name;

  REVOKE ALL ON FUNCTION odds_drop_expired(), odds_rollup_refresh(), odds_make_partitions(), odds_note_rows() FROM PUBLIC;
END $mode$;
