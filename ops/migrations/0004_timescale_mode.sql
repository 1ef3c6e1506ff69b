-- 0004: timescale mode. Does nothing in plain mode.
-- Gives: hypertables; aggregates odds_agg_1s/1m/1h/1d; policies; odds_adopt_series(), odds_note_touched(), odds_refresh(),
-- odds_refresh_touched(), odds_set_retention(), odds_ensure_partitions(), odds_maintain(). 0005 gives the same names in plain mode.

DO $mode$
DECLARE
  s    text := current_schema();
  lvl  record;
BEGIN
  IF NOT odds_on_timescale() THEN RETURN; END IF;

  -- Series -----------------------------------------------------------------------------------------------------------------------
  -- Chunks of 7 days: five years are 260 of them. With 1-day chunks it is 1,825, and planning and locking show it.
  -- No default index on time: the table's migration has chosen the indexes.
  CREATE FUNCTION odds_adopt_series(p_table text) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $f$
  BEGIN
    INSERT INTO odds_series (name) VALUES (p_table);
    PERFORM create_hypertable(p_table::regclass, by_range('timestamp', INTERVAL '7 days'), create_default_indexes => false);
    PERFORM add_retention_policy(p_table::regclass, drop_after => retention) FROM odds_settings WHERE retention IS NOT NULL;
  END $f$;
  PERFORM odds_adopt_series(t) FROM unnest(ARRAY['odds_history', 'best_odds', 'arbitrage']) t;

  ALTER TABLE odds_history SET (timescaledb.enable_columnstore, timescaledb.segmentby = 'event_id,market_type',
                                timescaledb.orderby = 'bookmaker_id,outcome,"timestamp",source_offset');
  ALTER TABLE best_odds    SET (timescaledb.enable_columnstore, timescaledb.segmentby = 'event_id,market_type',
                                timescaledb.orderby = 'outcome,"timestamp",source_offset');
  CALL add_columnstore_policy(format('%I.odds_history', s)::regclass, after => INTERVAL '7 days');
  CALL add_columnstore_policy(format('%I.best_odds', s)::regclass, after => INTERVAL '7 days');

  -- Aggregates, each built on the finer one ----------------------------------------------------------------------------------------
  --  By outcome: without it home is averaged with away.
  --  Sum, sum of squares and count, not averages: only these add up from level to level.
  --  Open and close by (time, offset): first() and last() pick any of several rows of the same time, and last(odds, ROW(time, offset))
  --    fails where the planner aggregates partially. The least and greatest of an array [time, offset, price] is a plain
  --    aggregate. The arrays are numeric: exact. (Epoch of a difference, since extract() from a timestamptz is only STABLE and
  --    TimescaleDB warns of it.)
  --  Real-time (materialized_only = false): rows newer than the last refresh are aggregated as they are read.
  --  No index per grouping column (the default: five more on each level): one by market is made below, one by bucket exists.
  CREATE MATERIALIZED VIEW odds_agg_1s
    WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '7 days') AS
  SELECT time_bucket(INTERVAL '1 second', "timestamp") AS bucket, sport_id, event_id, market_type, bookmaker_id, outcome,
         (min(ARRAY[extract(epoch FROM "timestamp" - timestamptz '1970-01-01 00:00+00'), source_offset, odds]))[3] AS open_odds,
         max(odds) AS high_odds, min(odds) AS low_odds,
         (max(ARRAY[extract(epoch FROM "timestamp" - timestamptz '1970-01-01 00:00+00'), source_offset, odds]))[3] AS close_odds,
         sum(odds) AS sum_odds, sum(odds * odds) AS sum_sq_odds, count(*) AS data_points
    FROM odds_history
   GROUP BY time_bucket(INTERVAL '1 second', "timestamp"), sport_id, event_id, market_type, bookmaker_id, outcome
  WITH NO DATA;
  FOR lvl IN SELECT * FROM (VALUES ('odds_agg_1m', 'odds_agg_1s', '1 minute', '30 days'),
                                   ('odds_agg_1h', 'odds_agg_1m', '1 hour',   '180 days'),
                                   ('odds_agg_1d', 'odds_agg_1h', '1 day',    '1 year')) v(name, finer, width, chunk)
  LOOP
    EXECUTE format($cagg$
      CREATE MATERIALIZED VIEW %I
        WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = %L) AS
      SELECT time_bucket(INTERVAL %L, bucket) AS bucket, sport_id, event_id, market_type, bookmaker_id, outcome,
             (min(ARRAY[extract(epoch FROM bucket - timestamptz '1970-01-01 00:00+00'), open_odds]))[2] AS open_odds,
             max(high_odds) AS high_odds, min(low_odds) AS low_odds,
             (max(ARRAY[extract(epoch FROM bucket - timestamptz '1970-01-01 00:00+00'), close_odds]))[2] AS close_odds,
             sum(sum_odds) AS sum_odds, sum(sum_sq_odds) AS sum_sq_odds, sum(data_points)::bigint AS data_points
        FROM %I
       GROUP BY time_bucket(INTERVAL %L, bucket), sport_id, event_id, market_type, bookmaker_id, outcome
      WITH NO DATA $cagg$, lvl.name, lvl.chunk, lvl.width, lvl.finer, lvl.width);
  END LOOP;

  -- The 1-second level is as large as the raw rows: compress it too. Later than the refresh policies reach back, so that
  -- they never write into compressed chunks; a late row's refresh does, rarely, and may.
  ALTER MATERIALIZED VIEW odds_agg_1s SET (timescaledb.enable_columnstore, timescaledb.segmentby = 'event_id,market_type', timescaledb.orderby = 'bookmaker_id,outcome,bucket');
  CALL add_columnstore_policy(format('%I.odds_agg_1s', s)::regclass, after => INTERVAL '8 days');

  -- Refresh policies. buckets_per_batch counts the level's own buckets and the default of 10 makes an hour of 1-second buckets
  -- 360 transactions: give each level about a quarter of a day or more.
  -- The reach is short on purpose: a transaction invalidates, per chunk, all between its oldest and its newest row, so one late row among
  -- live ones makes the next run compute everything since then anew, up to the reach.
  -- end_offset keeps off buckets that are still filling: a bucket that is materialised half full stays so until the next
  -- refresh that covers it, since the real-time part begins behind the last materialised bucket.
  FOR lvl IN SELECT * FROM (VALUES ('odds_agg_1s', '3 hours', '10 seconds', '1 minute',   21600),
                                   ('odds_agg_1m', '3 hours', '2 minutes',  '1 minute',   1440),
                                   ('odds_agg_1h', '1 day',   '1 hour',     '10 minutes', 168),
                                   ('odds_agg_1d', '7 days',  '1 day',      '1 hour',     30)) v(name, reach, off, every, batch)
  LOOP
    -- Unnamed: it lies on the extension's own table behind the aggregate, whose schema all our schemas share.
    EXECUTE format('CREATE INDEX ON %I.%I (event_id, market_type, bucket)', s, lvl.name);
    PERFORM add_continuous_aggregate_policy(format('%I.%I', s, lvl.name)::regclass, start_offset => lvl.reach::interval, end_offset => lvl.off::interval,
                                            schedule_interval => lvl.every::interval, buckets_per_batch => lvl.batch);
    PERFORM add_retention_policy(format('%I.%I', s, lvl.name)::regclass, drop_after => retention) FROM odds_settings WHERE retention IS NOT NULL;
  END LOOP;

  -- Late rows ----------------------------------------------------------------------------------------------------------------------
  -- Rows older than the policies' window are never reached by them: the sink notes the hours that such rows touch, in the transaction
  -- that writes them, and odds_refresh_touched() refreshes just these. Older than two hours against the policies' three: a
  -- policy that is an hour behind still loses nothing.
  -- The sink, and not a trigger: a hypertable that is loaded by COPY must carry no BEFORE ROW trigger and no trigger with a transition
  -- table. COPY then inserts row by row on a path that does not log the invalidations (seen in 2.28.3), so all aggregates
  -- over it go stale, silently and for good.
  CREATE TABLE odds_touched_hours (
    id   bigint GENERATED ALWAYS AS IDENTITY,
    hour timestamptz NOT NULL
  );
  COMMENT ON TABLE odds_touched_hours IS 'Queue: hours that got rows behind the reach of the refresh policies. Append only, with repetitions.';

  CREATE FUNCTION odds_note_touched(p_times timestamptz[]) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $f$
    INSERT INTO odds_touched_hours (hour)
    SELECT DISTINCT time_bucket(INTERVAL '1 hour', t) FROM unnest(p_times) t WHERE t < now() - INTERVAL '2 hours'
  $f$;

  -- Upkeep -------------------------------------------------------------------------------------------------------------------------
  -- The scheduler may be out of workers, or broken: TimescaleDB 2.28.3 on PostgreSQL 15.20 fails every job at its end ("cannot drop portal
  -- while it is being set up"), and a refresh that fails half way has moved the watermark over rows that it did not materialise. The same
  -- jobs run well in the foreground.
  CREATE TABLE odds_upkeep (
    job_id int         PRIMARY KEY,
    every  interval    NOT NULL,
    due_at timestamptz NOT NULL DEFAULT now()
  );
  COMMENT ON TABLE odds_upkeep IS 'Jobs that odds_maintain() runs in place of the extension''s scheduler. Empty where that works.';

  -- The job that captures closing lines tells whether jobs succeed: it runs four times a minute, and nothing else can make it fail for two minutes.
  CREATE FUNCTION odds_jobs_run() RETURNS boolean LANGUAGE sql SET search_path FROM CURRENT AS $f$
    SELECT coalesce(s.last_successful_finish, '-infinity') > now() - INTERVAL '2 minutes'
           OR coalesce(s.total_failures, 0) = 0 AND o.decided_at > now() - INTERVAL '2 minutes'
      FROM odds_settings o, timescaledb_information.jobs j LEFT JOIN timescaledb_information.job_stats s USING (job_id)
     WHERE j.proc_schema = current_schema() AND j.proc_name = 'odds_capture_due_job'
  $f$;

  CREATE FUNCTION odds_take_over(p_take boolean) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $f$
  BEGIN
    IF p_take = EXISTS (SELECT FROM odds_upkeep) THEN RETURN; END IF;
    IF p_take THEN
      INSERT INTO odds_upkeep (job_id, every)
      SELECT job_id, schedule_interval FROM timescaledb_information.jobs
       WHERE scheduled AND current_schema() IN (hypertable_schema, proc_schema) AND proc_name <> 'odds_capture_due_job';
      PERFORM alter_job(job_id, scheduled => false) FROM odds_upkeep;
      RAISE WARNING 'TimescaleDB''s scheduler does not complete the jobs of schema %; odds_maintain() runs them until it does', current_schema()
        USING HINT = 'See timescaledb_information.job_errors, or raise timescaledb.max_background_workers.';
    ELSE
      PERFORM alter_job(j.job_id, scheduled => true) FROM timescaledb_information.jobs j JOIN odds_upkeep USING (job_id);
      DELETE FROM odds_upkeep;
    END IF;
  END $f$;

  -- Procedures that refresh can neither run in a transaction block nor have a SET clause, so the schema is written into them.
  EXECUTE format($proc$
    CREATE PROCEDURE %1$I.odds_refresh_level(p_level int, p_from timestamptz, p_to timestamptz) LANGUAGE plpgsql AS $f$
    DECLARE
      name  text     := (ARRAY['odds_agg_1s', 'odds_agg_1m', 'odds_agg_1h', 'odds_agg_1d'])[p_level];
      width interval := (ARRAY['1 second', '1 minute', '1 hour', '1 day'])[p_level]::interval;
      batch int      := (ARRAY[21600, 1440, 168, 30])[p_level];
      a     timestamptz;
      b     timestamptz;
    BEGIN
      -- A refresh takes only the buckets that lie wholly in its window, so widen to whole buckets. Never the bucket that is
      -- still filling: its later rows would lie behind the real-time part and not be seen.
      a := public.time_bucket(width, p_from);
      b := least(public.time_bucket(width, p_to - INTERVAL '1 microsecond') + width, public.time_bucket(width, now()));
      IF a < b THEN
        CALL public.refresh_continuous_aggregate(format('%%I.%%I', %1$L, name)::regclass, a, b, options => jsonb_build_object('buckets_per_batch', batch));
      END IF;
    END $f$;

    CREATE PROCEDURE %1$I.odds_refresh(p_from timestamptz, p_to timestamptz) LANGUAGE plpgsql AS $f$
    DECLARE said text := current_setting('client_min_messages');
    BEGIN
      PERFORM set_config('client_min_messages', 'warning', false);      -- "already up-to-date", once per call
      FOR i IN 1 .. 4 LOOP                                              -- finest first: each level reads the one before
        CALL %1$I.odds_refresh_level(i, p_from, p_to);
      END LOOP;
      PERFORM set_config('client_min_messages', said, false);
    END $f$;

    -- Level by level over all touched hours, not hour by hour over all levels: the refresh of a level reads the finer level with its
    -- real-time part, that is all rows behind its watermark, each time. After a large load, hour by hour is quadratic.
    -- Oldest first: a refresh moves the watermark to its end, and what lies before it and is not refreshed yet is not seen until it is.
    -- Two at once over the same hours: the second fails ("concurrent refresh"), its notes stay, the next run does them.
    -- Safe against crashes and writers: exactly the notes that were seen before the refresh are deleted, after it.
    CREATE PROCEDURE %1$I.odds_refresh_touched() LANGUAGE plpgsql AS $f$
    DECLARE
      starts timestamptz[];
      ends   timestamptz[];
      notes  bigint[];
      said   text := current_setting('client_min_messages');
    BEGIN
      SELECT array_agg(t.id) INTO notes FROM (SELECT id FROM %1$I.odds_touched_hours ORDER BY id LIMIT 100000) t;
      IF notes IS NULL THEN RETURN; END IF;
      -- runs of neighbouring hours, cut at midnight so that no transaction gets long
      SELECT array_agg(r.a ORDER BY r.a), array_agg(r.b ORDER BY r.a) INTO starts, ends
        FROM (SELECT min(g.hour) AS a, max(g.hour) + INTERVAL '1 hour' AS b
                FROM (SELECT h.hour, public.time_bucket(INTERVAL '1 day', h.hour) AS day,
                             h.hour - dense_rank() OVER (ORDER BY h.hour) * INTERVAL '1 hour' AS run
                        FROM (SELECT DISTINCT t.hour FROM %1$I.odds_touched_hours t WHERE t.id = ANY (notes)) h) g
               GROUP BY g.day, g.run) r;
      COMMIT;
      PERFORM set_config('client_min_messages', 'warning', false);
      FOR i IN 1 .. 4 LOOP
        FOR r IN 1 .. array_length(starts, 1) LOOP
          CALL %1$I.odds_refresh_level(i, starts[r], ends[r]);
        END LOOP;
      END LOOP;
      DELETE FROM %1$I.odds_touched_hours t WHERE t.id = ANY (notes);
      COMMIT;
      PERFORM set_config('client_min_messages', said, false);
    END $f$;

    CREATE PROCEDURE %1$I.odds_refresh_touched_job(job_id int, config jsonb) LANGUAGE plpgsql AS $f$
    BEGIN
      CALL %1$I.odds_refresh_touched();
    END $f$;

    CREATE PROCEDURE %1$I.odds_capture_due_job(job_id int, config jsonb) LANGUAGE plpgsql AS $f$
    BEGIN
      WHILE %1$I.odds_capture_due() > 0 LOOP COMMIT; END LOOP;
    END $f$;

    -- Normally the extension's scheduler runs policies and jobs, and this has only the closing lines to do, which are wanted sooner
    -- than the job's next turn. Where the scheduler does not work, it runs them itself, each at its own interval.
    CREATE PROCEDURE %1$I.odds_maintain() LANGUAGE plpgsql AS $f$
    DECLARE job int;
    BEGIN
      WHILE %1$I.odds_capture_due() > 0 LOOP COMMIT; END LOOP;
      PERFORM %1$I.odds_take_over(NOT %1$I.odds_jobs_run());
      COMMIT;
      FOREACH job IN ARRAY ARRAY(SELECT job_id FROM %1$I.odds_upkeep ORDER BY job_id) LOOP
        -- stamped first: a job that fails ends this call, and the next one goes on with the others
        UPDATE %1$I.odds_upkeep SET due_at = clock_timestamp() + every WHERE job_id = job AND due_at <= clock_timestamp();
        CONTINUE WHEN NOT FOUND;
        COMMIT;
        CALL public.run_job(job);
        COMMIT;
      END LOOP;
    END $f$;
  $proc$, s);

  PERFORM add_job(format('%I.odds_refresh_touched_job(int,jsonb)', s)::regprocedure, INTERVAL '1 minute');
  PERFORM add_job(format('%I.odds_capture_due_job(int,jsonb)', s)::regprocedure, INTERVAL '15 seconds');

  -- Raw rows and aggregates go at the same age. A refresh over a time whose raw chunks are gone deletes the aggregate too.
  CREATE FUNCTION odds_set_retention(p_keep interval) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $f$
  DECLARE rel text;
  BEGIN
    UPDATE odds_settings SET retention = p_keep;
    PERFORM set_config('client_min_messages', 'warning', true);   -- "retention policy not found, skipping"
    FOR rel IN SELECT name FROM odds_series UNION ALL SELECT unnest(ARRAY['odds_agg_1s', 'odds_agg_1m', 'odds_agg_1h', 'odds_agg_1d']) LOOP
      PERFORM remove_retention_policy(rel::regclass, if_exists => true);
      IF p_keep IS NOT NULL THEN
        PERFORM add_retention_policy(rel::regclass, drop_after => p_keep);
      END IF;
    END LOOP;
  END $f$;

  -- Chunks make themselves: this is here so that a caller need not know the mode.
  CREATE FUNCTION odds_ensure_partitions(p_from timestamptz, p_to timestamptz) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $f$
  BEGIN
    PERFORM odds_warn_expiring(p_from);
    RETURN 0;
  END $f$;

  REVOKE ALL ON FUNCTION odds_jobs_run(), odds_take_over(boolean) FROM PUBLIC;
  EXECUTE format('REVOKE ALL ON PROCEDURE %1$I.odds_refresh_level(int, timestamptz, timestamptz), %1$I.odds_refresh_touched_job(int, jsonb), %1$I.odds_capture_due_job(int, jsonb) FROM PUBLIC', s);
END $mode$;
