-- 0006: what quants query, and the grants on what 0004 and 0005 have made. The same in both modes; reads odds_agg_* only.

DO $$
DECLARE
  lvl record;
BEGIN
  FOR lvl IN SELECT * FROM (VALUES ('1s', 'second'), ('1m', 'minute'), ('1h', 'hour'), ('1d', 'UTC day')) v(name, word) LOOP
    EXECUTE format($v$
      CREATE VIEW odds_ohlc_%1$s AS
      SELECT bucket, sport_id, event_id, market_type, bookmaker_id, outcome,
             open_odds::numeric(10,4) AS open_odds, high_odds::numeric(10,4) AS high_odds, low_odds::numeric(10,4) AS low_odds, close_odds::numeric(10,4) AS close_odds,
             sum_odds / data_points AS avg_odds,
             odds_stddev(data_points, sum_odds, sum_sq_odds) AS odds_volatility,
             data_points
        FROM odds_agg_%1$s $v$, lvl.name);
    EXECUTE format('COMMENT ON VIEW odds_ohlc_%s IS %L', lvl.name,
      format('Open, high, low, close, mean and volatility of each bookmaker''s price on each outcome, per %s. bucket is its start.', lvl.word));
  END LOOP;
END $$;

CREATE VIEW odds_statistics_hourly AS
SELECT bucket AS hour, sport_id, event_id, market_type, bookmaker_id, outcome,
       sum_odds / data_points AS avg_odds,
       low_odds::numeric(10,4) AS min_odds,
       high_odds::numeric(10,4) AS max_odds,
       odds_stddev(data_points, sum_odds, sum_sq_odds) AS odds_volatility,
       data_points
  FROM odds_agg_1h;
COMMENT ON VIEW odds_statistics_hourly IS 'Hourly statistics of each bookmaker''s price on each outcome, out of the aggregate odds_agg_1h.';
COMMENT ON COLUMN odds_statistics_hourly.odds_volatility IS 'Sample standard deviation of the quotes of the hour. NULL where there was one quote.';

-- All of the window's PARTITION BY columns can be filtered from outside and the filter reaches the aggregate; a filter on the time cannot,
-- since the row before is needed. So: ask by event.
CREATE VIEW odds_line_movement AS
SELECT m.bucket AS minute, m.sport_id, m.event_id, m.market_type, m.bookmaker_id, m.outcome,
       m.close_odds::numeric(10,4) AS odds,
       m.previous_odds::numeric(10,4) AS previous_odds,
       (m.close_odds - m.previous_odds)::numeric(10,4) AS change,
       round(100 * (m.close_odds - m.previous_odds) / m.previous_odds, 4) AS change_percent,
       round(100 * (m.close_odds - m.first_odds) / m.first_odds, 4) AS change_percent_since_open,
       e.starts_at - m.bucket AS time_to_start,
       m.data_points
  FROM (SELECT a.bucket, a.sport_id, a.event_id, a.market_type, a.bookmaker_id, a.outcome, a.close_odds, a.data_points,
               lag(a.close_odds)        OVER line AS previous_odds,
               first_value(a.open_odds) OVER line AS first_odds
          FROM odds_agg_1m a
        WINDOW line AS (PARTITION BY a.sport_id, a.event_id, a.market_type, a.bookmaker_id, a.outcome ORDER BY a.bucket)) m
  LEFT JOIN events e ON e.event_id = m.event_id;
COMMENT ON VIEW odds_line_movement IS 'How a price moved, minute by minute: against the minute before in which it was quoted, and against its opening price. Filter by event_id.';

-- What a monitor asks: is there an hour whose aggregates do not account for each raw row? Sums as well as counts, so that a row
-- which was exchanged for another shows too.
CREATE FUNCTION odds_stale_hours(p_from timestamptz, p_to timestamptz)
  RETURNS TABLE (hour timestamptz, raw_rows bigint, aggregated_rows bigint) LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
DECLARE
  a timestamptz := time_bucket(INTERVAL '1 hour', p_from);
  b timestamptz := time_bucket(INTERVAL '1 hour', p_to - INTERVAL '1 microsecond') + INTERVAL '1 hour';
BEGIN
  RETURN QUERY
  SELECT hour, coalesce(raw.n, 0), coalesce(agg.n, 0)
    FROM (SELECT time_bucket(INTERVAL '1 hour', "timestamp") AS hour, count(*) AS n, sum(odds) AS s FROM odds_history
           WHERE "timestamp" >= a AND "timestamp" < b GROUP BY 1) raw
    FULL JOIN (SELECT bucket AS hour, sum(data_points)::bigint AS n, sum(sum_odds) AS s FROM odds_agg_1h
           WHERE bucket >= a AND bucket < b GROUP BY 1) agg USING (hour)
   WHERE (raw.n, raw.s) IS DISTINCT FROM (agg.n, agg.s)
   ORDER BY hour;
END $$;
COMMENT ON FUNCTION odds_stale_hours(timestamptz, timestamptz) IS 'Hours that the time from p_from to p_to touches and whose aggregates do not account for each raw row. Empty is right. Repair with CALL odds_refresh(from, to).';

GRANT SELECT ON odds_agg_1s, odds_agg_1m, odds_agg_1h, odds_agg_1d TO quant;
GRANT SELECT ON odds_ohlc_1s, odds_ohlc_1m, odds_ohlc_1h, odds_ohlc_1d, odds_statistics_hourly, odds_line_movement TO quant;

COMMENT ON FUNCTION odds_adopt_series(text) IS 'Makes a table of this schema, created as 0002 does, a time series: partitions, retention. For migrations.';
COMMENT ON FUNCTION odds_ensure_partitions(timestamptz, timestamptz) IS 'For the sink, before the first rows of a month, in a transaction of its own: room for rows of that time. Returns how many partitions it made.';
COMMENT ON FUNCTION odds_note_touched(timestamptz[]) IS 'For the sink, in the transaction of its COPY into odds_history: the distinct hours of the batch, so that late ones are aggregated anew.';
COMMENT ON FUNCTION odds_set_retention(interval) IS 'How long rows and aggregates are kept; NULL: for ever.';
COMMENT ON PROCEDURE odds_maintain() IS 'What has to be done again and again, as the owner and outside a transaction block: closing lines; in plain mode partitions, retention and rollups; in timescale mode the policies where the scheduler fails. Every second or so.';
COMMENT ON PROCEDURE odds_refresh_touched() IS 'Aggregates anew what has been noted as touched. Outside a transaction block.';
COMMENT ON PROCEDURE odds_refresh(timestamptz, timestamptz) IS 'Aggregates a span of time anew, after a DELETE or UPDATE of raw rows. Outside a transaction block.';

REVOKE ALL ON FUNCTION odds_adopt_series(text), odds_ensure_partitions(timestamptz, timestamptz), odds_note_touched(timestamptz[]),
                       odds_set_retention(interval), odds_stale_hours(timestamptz, timestamptz) FROM PUBLIC;
REVOKE ALL ON PROCEDURE odds_maintain(), odds_refresh_touched(), odds_refresh(timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION odds_note_touched(timestamptz[]), odds_ensure_partitions(timestamptz, timestamptz) TO odds_writer;
GRANT EXECUTE ON FUNCTION odds_stale_hours(timestamptz, timestamptz) TO quant, odds_writer;
