-- 0009: what portfolios of open bets can lose, and which of their limits were breached. Two time series more.
--
-- A sink of odds writes them, and may not read them: money is none of its business.

DO $$
DECLARE by_time text := CASE WHEN odds_on_timescale() THEN '' ELSE 'PARTITION BY RANGE ("timestamp")' END;
BEGIN
  EXECUTE format($t$
    CREATE TABLE risk_var (
      portfolio                 text             NOT NULL,
      "timestamp"               timestamptz      NOT NULL CHECK ("timestamp" >= '1990-01-01 00:00+00' AND "timestamp" < '2100-01-01 00:00+00'),
      currency                  text             NOT NULL,
      horizon_ms                bigint           NOT NULL,
      active_bets               int              NOT NULL,
      total_exposure_minor      bigint           NOT NULL,
      exposure_is_bound         boolean          NOT NULL,
      daily_pnl_minor           bigint           NOT NULL,
      expected_pnl_minor        double precision NOT NULL,
      expected_pnl_error        double precision NOT NULL,
      probability_of_loss       double precision NOT NULL,
      probability_of_loss_error double precision NOT NULL,
      var_95_minor              double precision NOT NULL,
      var_95_error              double precision NOT NULL,
      cvar_95_minor             double precision NOT NULL,
      cvar_95_error             double precision NOT NULL,
      var_99_minor              double precision NOT NULL,
      var_99_error              double precision NOT NULL,
      cvar_99_minor             double precision NOT NULL,
      cvar_99_error             double precision NOT NULL,
      largest_loss_minor        double precision NOT NULL,
      correlation_impact_minor  double precision NOT NULL,
      seed                      bigint           NOT NULL,
      paths                     int              NOT NULL,
      method                    text             NOT NULL CHECK (method IN ('exact', 'simulated')),
      backend                   text             NOT NULL,
      adapter                   text,
      is_software               boolean          NOT NULL,
      scale_minor               double precision NOT NULL,
      error_bound_minor         double precision NOT NULL,
      contributions             jsonb            NOT NULL,
      stress                    jsonb            NOT NULL,
      flags                     jsonb            NOT NULL,
      inputs                    jsonb            NOT NULL,
      model                     bytea            NOT NULL,
      model_hash                text             NOT NULL,
      CHECK ('NaN' NOT IN (expected_pnl_minor, probability_of_loss, var_95_minor, cvar_95_minor, var_99_minor, cvar_99_minor, largest_loss_minor, correlation_impact_minor))
    ) %s $t$, by_time);

  EXECUTE format($t$
    CREATE TABLE risk_alerts (
      portfolio        text             NOT NULL,
      limit_name       text             NOT NULL,
      state            text             NOT NULL CHECK (state IN ('breached', 'eased')),
      value_minor      double precision NOT NULL CHECK (value_minor <> 'NaN'),
      limit_minor      double precision NOT NULL CHECK (limit_minor <> 'NaN'),
      currency         text             NOT NULL,
      "timestamp"      timestamptz      NOT NULL CHECK ("timestamp" >= '1990-01-01 00:00+00' AND "timestamp" < '2100-01-01 00:00+00'),
      source_topic     text             NOT NULL,
      source_partition int              NOT NULL,
      source_offset    bigint           NOT NULL
    ) %s $t$, by_time);
END $$;

SELECT odds_adopt_series(name) FROM unnest(ARRAY['risk_var', 'risk_alerts']) name;

COMMENT ON TABLE  risk_var IS 'What a portfolio of open bets can lose until a horizon, each time that it was computed. A loss is positive; amounts are minor units of the currency. …_error are standard errors, 0 where it was computed exactly.';
COMMENT ON COLUMN risk_var.portfolio IS 'As in syndicate:alpha.';
COMMENT ON COLUMN risk_var."timestamp" IS 'Event time of the newest input.';
COMMENT ON COLUMN risk_var.horizon_ms IS 'How far ahead it looks: bets on contests that start later are not in it.';
COMMENT ON COLUMN risk_var.total_exposure_minor IS 'The worst loss over all outcomes; where exposure_is_bound it is not more than that, and may be less.';
COMMENT ON COLUMN risk_var.daily_pnl_minor IS 'What bets that were settled on that day (UTC) have won.';
COMMENT ON COLUMN risk_var.var_95_minor IS 'The loss that is not exceeded with a probability of 95 %.';
COMMENT ON COLUMN risk_var.cvar_95_minor IS 'The mean loss of the worst 5 %.';
COMMENT ON COLUMN risk_var.largest_loss_minor IS 'Of all outcomes or paths that were computed.';
COMMENT ON COLUMN risk_var.correlation_impact_minor IS 'cvar_95_minor less what it were if all contests were independent.';
COMMENT ON COLUMN risk_var.paths IS '0 where it was computed exactly.';
COMMENT ON COLUMN risk_var.error_bound_minor IS 'How far the arithmetic of the backend may be off in one path.';
COMMENT ON COLUMN risk_var.contributions IS 'What each component has in cvar_95_minor: [{component, cvar_95_minor}].';
COMMENT ON COLUMN risk_var.stress IS '[{scenario, pnl_minor}].';
COMMENT ON COLUMN risk_var.flags IS 'Markets that could not be modelled as they should be, and why: [{market, code}].';
COMMENT ON COLUMN risk_var.inputs IS 'Lineage: all that was read, of each partition up to an offset: [{topic, partition, next_offset}].';
COMMENT ON COLUMN risk_var.model IS 'All that it was computed from: canonical JSON, gzip.';
COMMENT ON TABLE  risk_alerts IS 'Limits of portfolios as they were breached and eased: a breach stands until the next row of its portfolio and limit.';
COMMENT ON COLUMN risk_alerts.limit_name IS 'exposure, var_95, cvar_95, or event:football:e1.';
COMMENT ON COLUMN risk_alerts.value_minor IS 'What is limited, minor units; a loss is positive.';
COMMENT ON COLUMN risk_alerts."timestamp" IS 'Event time of the newest input, which source_topic, source_partition and source_offset name.';

CREATE INDEX risk_var_portfolio    ON risk_var (portfolio, "timestamp");
CREATE INDEX risk_alerts_portfolio ON risk_alerts (portfolio, "timestamp");

GRANT SELECT ON risk_var, risk_alerts TO quant;
GRANT INSERT ON risk_var, risk_alerts TO odds_writer;
