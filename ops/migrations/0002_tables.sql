-- 0002: tables. In plain mode the time series are partitioned natively from birth; in timescale mode 0004 makes them hypertables.
-- (A natively partitioned table cannot be made a hypertable, and a hypertable's unique keys must contain the time.)
--
-- What a CHECK or a type refuses inside COPY stops the sink, so they are wider than what the door lets in
-- (1 < odds <= 10000): a price may be exactly 1 (1.00004 rounds to it), ratios have room for the margin of a palpable error, 10000 / 1.01.

CREATE TABLE sink_positions (
  pipeline    text        NOT NULL,
  topic       text        NOT NULL,
  partition   int         NOT NULL CHECK (partition >= 0),
  next_offset bigint      NOT NULL CHECK (next_offset >= 0),
  updated_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (pipeline, topic, partition)
);
COMMENT ON TABLE sink_positions IS 'How far each sink has written. Moved in the same transaction as the rows, WHERE next_offset = the expected one: no row updated means that another writer was here. This, and no unique key, makes delivery exactly-once.';
COMMENT ON COLUMN sink_positions.next_offset IS 'First offset that is not yet written.';
-- One small row updated with every batch: leave room on the page so that updates stay HOT.
ALTER TABLE sink_positions SET (fillfactor = 50);

CREATE TABLE events (
  event_id         text        PRIMARY KEY,
  sport_id         text        NOT NULL,
  starts_at        timestamptz NOT NULL,
  competition      text,
  home             text,
  away             text,
  status           text        NOT NULL DEFAULT 'scheduled',
  home_score       int,
  away_score       int,
  provider         text,
  updated_at       timestamptz NOT NULL DEFAULT now(),
  source_partition int         NOT NULL,
  source_offset    bigint      NOT NULL,
  closing_due      boolean     NOT NULL DEFAULT true
);
COMMENT ON TABLE  events IS 'Sporting contests, each as its newest record has it. starts_at is the latest known start; it may move, then closing lines are captured again.';
COMMENT ON COLUMN events.status IS 'scheduled, live, finished, postponed, cancelled or abandoned.';
COMMENT ON COLUMN events.home_score IS 'At the end of ordinary time once finished.';
COMMENT ON COLUMN events.updated_at IS 'Event time of the newest record.';
COMMENT ON COLUMN events.source_partition IS 'Lineage: partition of the events topic.';
COMMENT ON COLUMN events.source_offset IS 'Lineage: offset in that partition.';
COMMENT ON COLUMN events.closing_due IS 'The closing lines are not captured yet, or something has changed since: odds_capture_due() does them once the start has passed. Kept by the database; no sink sets it.';
-- A score or a status changes often, an indexed column hardly ever.
ALTER TABLE events SET (fillfactor = 80);

-- The names of the time series: what partitions are made for, and what grows old.
CREATE TABLE odds_series (name text PRIMARY KEY);
COMMENT ON TABLE odds_series IS 'The time series of this schema. A migration that adds one creates its table as 0002 does and calls odds_adopt_series(name).';

CREATE FUNCTION odds_warn_expiring(p_from timestamptz) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE keep interval;
BEGIN
  SELECT retention INTO keep FROM odds_settings;
  IF p_from < now() - keep THEN
    RAISE WARNING 'rows of % are older than the retention of % and will soon be dropped', p_from, keep
      USING HINT = 'To keep them: SELECT odds_set_retention(NULL).';
  END IF;
END $$;
COMMENT ON FUNCTION odds_warn_expiring(timestamptz) IS 'Warns a sink that is about to write rows which retention will drop, as a playback of old seasons at their original times does.';
REVOKE ALL ON FUNCTION odds_warn_expiring(timestamptz) FROM PUBLIC;

DO $$
DECLARE by_time text := CASE WHEN odds_on_timescale() THEN '' ELSE 'PARTITION BY RANGE ("timestamp")' END;
BEGIN
  -- No primary key: a unique btree here costs more than the rest of the write together. Lineage (source_partition,
  -- source_offset, outcome) identifies a row; sink_positions sees to it that it is written once.
  -- Times are bounded: one absurd time would open a chunk or partition centuries away and move the aggregates' watermark past
  -- all real rows. Lower bound 1990, since season files go back to the 1990s.
  EXECUTE format($t$
    CREATE TABLE odds_history (
      sport_id         text          NOT NULL,
      event_id         text          NOT NULL,
      market_type      text          NOT NULL,
      bookmaker_id     text          NOT NULL,
      outcome          text          NOT NULL,
      odds             numeric(10,4) NOT NULL CHECK (odds >= 1 AND odds <> 'NaN'),
      probability      numeric(5,4)  CHECK (probability BETWEEN 0 AND 1),
      volume           numeric(15,2) CHECK (volume >= 0 AND volume <> 'NaN'),
      volume_repeated  boolean       NOT NULL DEFAULT false,
      "timestamp"      timestamptz   NOT NULL CHECK ("timestamp" >= '1990-01-01 00:00+00' AND "timestamp" < '2100-01-01 00:00+00'),
      observed_at      timestamptz,
      in_play          boolean       NOT NULL DEFAULT false,
      source_partition int           NOT NULL,
      source_offset    bigint        NOT NULL
    ) %s $t$, by_time);

  EXECUTE format($t$
    CREATE TABLE best_odds (
      sport_id         text          NOT NULL,
      event_id         text          NOT NULL,
      market_type      text          NOT NULL,
      outcome          text,
      bookmaker_id     text,
      odds             numeric(10,4) CHECK (odds >= 1 AND odds <> 'NaN'),
      net_odds         numeric(10,4),
      limit_minor      bigint,
      inverse_sum      numeric(16,10) CHECK (inverse_sum > 0 AND inverse_sum <> 'NaN'),
      bookmakers       int           NOT NULL,
      in_play          boolean       NOT NULL,
      quoted_at        timestamptz,
      quote_offset     bigint,
      "timestamp"      timestamptz   NOT NULL CHECK ("timestamp" >= '1990-01-01 00:00+00' AND "timestamp" < '2100-01-01 00:00+00'),
      source_partition int           NOT NULL,
      source_offset    bigint        NOT NULL,
      CHECK (num_nulls(outcome, bookmaker_id, odds) IN (0, 3))
    ) %s $t$, by_time);

  EXECUTE format($t$
    CREATE TABLE arbitrage (
      arbitrage_id      text           NOT NULL,
      state             text           NOT NULL CHECK (state IN ('opened', 'updated', 'closed')),
      kind              text           NOT NULL CHECK (kind IN ('back', 'back_lay')),
      sport_id          text           NOT NULL,
      event_id          text           NOT NULL,
      market_type       text           NOT NULL,
      opened_at         timestamptz    NOT NULL,
      in_play           boolean        NOT NULL,
      inverse_sum       numeric(16,10) NOT NULL CHECK (inverse_sum > 0 AND inverse_sum <> 'NaN'),
      profit_margin     numeric(16,10) NOT NULL CHECK (profit_margin <> 'NaN'),
      executable        boolean        NOT NULL,
      palpable_error    boolean        NOT NULL,
      oldest_leg_age_ms bigint         NOT NULL,
      legs              jsonb          NOT NULL,
      "timestamp"       timestamptz    NOT NULL CHECK ("timestamp" >= '1990-01-01 00:00+00' AND "timestamp" < '2100-01-01 00:00+00'),
      source_partition  int            NOT NULL,
      source_offset     bigint         NOT NULL
    ) %s $t$, by_time);
END $$;

COMMENT ON TABLE  odds_history IS 'Every quote as it came: one row per outcome of an update. Append only.';
COMMENT ON COLUMN odds_history.market_type IS 'The whole market identity, period and line included: 1x2, totals:2.5, 1x2.h1.';
COMMENT ON COLUMN odds_history.probability IS 'Implied probability with the margin taken out (multiplicative), where the bookmaker''s market was complete.';
COMMENT ON COLUMN odds_history.volume IS 'The market''s volume, not the outcome''s, on each row of the update. SUM(volume) FILTER (WHERE NOT volume_repeated) counts it once.';
COMMENT ON COLUMN odds_history.volume_repeated IS 'False on the first row of an update, true on the others.';
COMMENT ON COLUMN odds_history."timestamp" IS 'Event time: the latest time at which the quote is known to have been offered.';
COMMENT ON COLUMN odds_history.observed_at IS 'When we saw it.';
COMMENT ON COLUMN odds_history.in_play IS 'The provider said that the contest was running. Such prices are never closing lines.';
COMMENT ON COLUMN odds_history.source_partition IS 'Lineage: partition of the odds-updates topic.';
COMMENT ON COLUMN odds_history.source_offset IS 'Lineage: offset in that partition. All quotes of a market share a partition, so this is also the order among quotes of the same timestamp.';
COMMENT ON TABLE  best_odds IS 'Best live price of each outcome, one row per outcome of a market and window in which something changed. The rows of a market and timestamp are the whole market then; one row without outcome, bookmaker and odds says that no price is live any more.';
COMMENT ON COLUMN best_odds.odds IS 'Decimal, as quoted.';
COMMENT ON COLUMN best_odds.net_odds IS 'After commission: what prices were compared by.';
COMMENT ON COLUMN best_odds.limit_minor IS 'Largest stake, minor units of the bookmaker''s currency.';
COMMENT ON COLUMN best_odds.inverse_sum IS 'Sum of 1/net price over the complete set of outcomes; below 1 is an arbitrage. NULL where an outcome has no price.';
COMMENT ON COLUMN best_odds.bookmakers IS 'How many bookmakers'' quotes were live.';
COMMENT ON COLUMN best_odds."timestamp" IS 'Event time: end of the window.';
COMMENT ON COLUMN best_odds.quote_offset IS 'Lineage: offset of the winning quote.';
COMMENT ON COLUMN best_odds.source_offset IS 'Lineage: newest input that the row depends on, in the odds-updates topic.';
COMMENT ON TABLE  arbitrage IS 'History of arbitrages: one row per change of state. An arbitrage stands from opened to closed.';
COMMENT ON COLUMN arbitrage.kind IS 'back: backing every outcome. back_lay: backing and laying one.';
COMMENT ON COLUMN arbitrage.inverse_sum IS 'Sum of 1/net price over the legs. When closed: of the last legs.';
COMMENT ON COLUMN arbitrage.profit_margin IS 'Return over outlay at ideal stakes, less 1.';
COMMENT ON COLUMN arbitrage.executable IS 'Stakes rounded to each bookmaker''s step and within its limits lose in no result and gain in one.';
COMMENT ON COLUMN arbitrage.palpable_error IS 'A leg lies more than ln 4 in log-odds from the median of at least three others.';
COMMENT ON COLUMN arbitrage.legs IS 'Per leg: outcome, side, bookmaker, prices, stake share, and the offset of the quote that it rests on.';
COMMENT ON COLUMN arbitrage.source_offset IS 'Lineage: newest input that the row depends on, in the odds-updates topic.';

-- Indexes, the same in both modes, and no more than these on the hot tables:
--  event_id alone: what quants look up by. Few distinct keys, so btree deduplication keeps it at some 9 bytes a row. (event_id, market_type,
--    "timestamp") takes 45 bytes a row and a further fifth of the ingest rate, and finds the rows of a market hardly sooner.
--  BRIN on time, multi-minmax: a refresh reads an hour out of a week's chunk or a month's partition. Ordinary minmax is spoilt by
--    the first late row on each range of pages; multi-minmax keeps the outlier apart. autosummarize, since otherwise
--    pages are summarised at the next vacuum only.
CREATE INDEX odds_history_event ON odds_history (event_id);
CREATE INDEX odds_history_time  ON odds_history USING brin ("timestamp" timestamptz_minmax_multi_ops) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX best_odds_event    ON best_odds (event_id);
CREATE INDEX best_odds_time     ON best_odds USING brin ("timestamp" timestamptz_minmax_multi_ops) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX arbitrage_event    ON arbitrage (event_id);
CREATE INDEX arbitrage_time     ON arbitrage ("timestamp");

GRANT SELECT ON events, odds_history, best_odds, arbitrage TO quant;
GRANT SELECT ON odds_settings TO quant, odds_writer;
GRANT SELECT, INSERT ON odds_history, best_odds, arbitrage TO odds_writer;
GRANT SELECT, INSERT, UPDATE ON events, sink_positions TO odds_writer;
