-- 0003: closing lines. Captured, not computed on the fly: the raw quotes are dropped in time, a closing line is wanted for ever.
--
-- A capture is due when an event is new, when its start moves, and when a quote from before the start comes in after it: events.closing_due.
-- The first two are noted by a trigger, the third by the sink (odds_note_quotes), and odds_capture_due() does what is due and whose start has passed.

CREATE TABLE closing_lines (
  event_id         text          NOT NULL,
  market_type      text          NOT NULL,
  bookmaker_id     text          NOT NULL,
  outcome          text          NOT NULL,
  sport_id         text          NOT NULL,
  odds             numeric(10,4) NOT NULL,
  probability      numeric(5,4),
  volume           numeric(15,2),
  volume_repeated  boolean       NOT NULL,
  "timestamp"      timestamptz   NOT NULL,
  starts_at        timestamptz   NOT NULL,
  source_partition int           NOT NULL,
  source_offset    bigint        NOT NULL,
  PRIMARY KEY (event_id, market_type, bookmaker_id, outcome),
  CHECK ("timestamp" < starts_at)
);
CREATE INDEX closing_lines_starts_at ON closing_lines (starts_at);
COMMENT ON TABLE  closing_lines IS 'Closing line: each bookmaker''s last price before the start, never in play. Captured at the start, and again when the start moves or late quotes come.';
COMMENT ON COLUMN closing_lines.starts_at IS 'The start that this line was captured for.';
COMMENT ON COLUMN closing_lines.volume_repeated IS 'False on the row of a bookmaker''s market that holds its newest volume, true on the others.';

CREATE INDEX events_closing_due ON events (starts_at) WHERE closing_due AND status NOT IN ('postponed', 'cancelled');

CREATE FUNCTION odds_capture_closing(p_event text) RETURNS int
  LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
  gone    int;
  changed int;
BEGIN
  -- One capture of an event at a time, and none between a sink's note of it and that sink's commit.
  PERFORM FROM events WHERE event_id = p_event FOR UPDATE;

  -- The start was moved forward: what has become in-play is wrong even if the raw quotes are gone by now.
  DELETE FROM closing_lines c USING events e
   WHERE c.event_id = p_event AND e.event_id = c.event_id AND c."timestamp" >= e.starts_at;
  GET DIAGNOSTICS gone = ROW_COUNT;

  INSERT INTO closing_lines AS c (event_id, market_type, bookmaker_id, outcome, sport_id, odds, probability, volume, volume_repeated,
                                  "timestamp", starts_at, source_partition, source_offset)
  SELECT l.event_id, l.market_type, l.bookmaker_id, l.outcome, l.sport_id, l.odds, l.probability, l.volume,
         -- the outcomes' last prices may stem from several updates: the market's closing volume is that of the newest
         row_number() OVER (PARTITION BY l.market_type, l.bookmaker_id ORDER BY l."timestamp" DESC, l.source_offset DESC, l.outcome) > 1,
         l."timestamp", l.starts_at, l.source_partition, l.source_offset
    FROM (SELECT DISTINCT ON (h.market_type, h.bookmaker_id, h.outcome) h.*, e.starts_at
            FROM odds_history h JOIN events e ON e.event_id = h.event_id
           WHERE h.event_id = p_event AND h."timestamp" < e.starts_at AND NOT h.in_play
           ORDER BY h.market_type, h.bookmaker_id, h.outcome, h."timestamp" DESC, h.source_offset DESC) l
  ON CONFLICT (event_id, market_type, bookmaker_id, outcome) DO UPDATE
     SET (sport_id, odds, probability, volume, volume_repeated, "timestamp", starts_at, source_partition, source_offset)
       = (excluded.sport_id, excluded.odds, excluded.probability, excluded.volume, excluded.volume_repeated, excluded."timestamp",
          excluded.starts_at, excluded.source_partition, excluded.source_offset)
   WHERE (c.sport_id, c.odds, c.probability, c.volume, c.volume_repeated, c."timestamp", c.starts_at, c.source_partition, c.source_offset)
         IS DISTINCT FROM
         (excluded.sport_id, excluded.odds, excluded.probability, excluded.volume, excluded.volume_repeated, excluded."timestamp",
          excluded.starts_at, excluded.source_partition, excluded.source_offset);
  GET DIAGNOSTICS changed = ROW_COUNT;
  RETURN gone + changed;
END $$;
COMMENT ON FUNCTION odds_capture_closing(text) IS 'Captures or corrects the closing lines of one event now, whatever the clock says; returns how many rows changed. Repeating it changes nothing.';

CREATE FUNCTION odds_capture_due(p_limit int DEFAULT 50) RETURNS int
  LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '1s'
AS $$
DECLARE
  seen text[];
  due  text[];
  e    text;
BEGIN
  SELECT array_agg(q.event_id) INTO seen
    FROM (SELECT event_id FROM events
           WHERE closing_due AND status NOT IN ('postponed', 'cancelled') AND starts_at <= clock_timestamp()
           ORDER BY starts_at LIMIT p_limit) q;
  IF seen IS NULL THEN RETURN 0; END IF;

  -- A sink may have noted its quotes before an event (or its new start) was there to be marked, and not have committed yet: its quotes would be
  -- missed for good. Wait until everybody who has noted has committed; who notes after this sees the events and marks them.
  BEGIN
    PERFORM pg_advisory_lock('odds_settings'::regclass::oid::int, 3);
    PERFORM pg_advisory_unlock('odds_settings'::regclass::oid::int, 3);
  EXCEPTION WHEN lock_not_available THEN RETURN 0;    -- a sink that takes its time: with the next run
  END;

  -- Few at a time: their rows are locked until the end. SKIP LOCKED: an event that a sink is marking, or another run is at,
  -- comes with the next run.
  SELECT array_agg(q.event_id) INTO due
    FROM (SELECT event_id FROM events WHERE event_id = ANY (seen) AND closing_due AND starts_at <= clock_timestamp() FOR UPDATE SKIP LOCKED) q;
  FOREACH e IN ARRAY coalesce(due, '{}') LOOP
    PERFORM odds_capture_closing(e);
  END LOOP;
  UPDATE events SET closing_due = false WHERE event_id = ANY (due);
  RETURN coalesce(array_length(due, 1), 0);
END $$;
COMMENT ON FUNCTION odds_capture_due(int) IS 'Captures the closing lines of events whose start has passed and that are due; returns how many events. odds_maintain() calls it, in timescale mode a job as well.';

CREATE FUNCTION odds_note_quotes(p_events text[], p_first timestamptz[]) RETURNS int
  LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
  late text[];
  n    int;
BEGIN
  PERFORM pg_advisory_xact_lock_shared('odds_settings'::regclass::oid::int, 3);     -- see odds_capture_due
  -- Locked even where the capture is due already: one that runs between this note and the caller's commit would
  -- not see the caller's rows and would clear the flag. From a minute before the start, so that a batch that crosses it is held too.
  -- In order of the key, so that two sinks cannot lock each other out.
  SELECT array_agg(q.event_id) INTO late
    FROM (SELECT e.event_id
            FROM events e
            JOIN (SELECT u.event_id, min(u.first_at) AS first_at FROM unnest(p_events, p_first) u(event_id, first_at) GROUP BY 1) b
              ON b.event_id = e.event_id
           WHERE b.first_at < e.starts_at AND e.starts_at <= clock_timestamp() + INTERVAL '1 minute'
           ORDER BY e.event_id FOR UPDATE OF e) q;
  IF late IS NULL THEN RETURN 0; END IF;
  UPDATE events SET closing_due = true WHERE event_id = ANY (late) AND NOT closing_due;
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n;
END $$;
COMMENT ON FUNCTION odds_note_quotes(text[], timestamptz[]) IS 'For the sink, last in the transaction of its COPY: per event of the batch the earliest timestamp of a quote that is not in play. Events that have started get their closing lines captured again.';

CREATE FUNCTION odds_event_changed() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
  NEW.closing_due := true;
  -- What is still to start, or will not start then, has no closing line yet; it comes back with the capture at the new start.
  IF NEW.starts_at > clock_timestamp() OR NEW.status IN ('postponed', 'cancelled') THEN
    DELETE FROM closing_lines WHERE event_id = NEW.event_id;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER events_start_changed BEFORE UPDATE OF starts_at, status ON events FOR EACH ROW
  WHEN (OLD.starts_at IS DISTINCT FROM NEW.starts_at
        OR (OLD.status IN ('postponed', 'cancelled')) IS DISTINCT FROM (NEW.status IN ('postponed', 'cancelled')))
  EXECUTE FUNCTION odds_event_changed();

GRANT SELECT ON closing_lines TO quant, odds_writer;
REVOKE ALL ON FUNCTION odds_capture_closing(text), odds_capture_due(int), odds_note_quotes(text[], timestamptz[]), odds_event_changed() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION odds_capture_closing(text), odds_capture_due(int), odds_note_quotes(text[], timestamptz[]) TO odds_writer;
