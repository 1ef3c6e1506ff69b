-- 0008: how bets did: each by itself, and by month for users, syndicates, sports, bookmakers and the house.
--
-- Views, not tables that somebody keeps: a settlement may be taken back months later, and then its month is right at the next look. What a look costs,
-- measured over 500,000 closed bets of 36 months, 15,000 closing lines (two cores shared with other work, three looks each): a user of 500 bets 0.04 to
-- 0.2 s, a syndicate of 10,000 0.4 s, a bookmaker of 50,000 0.7 to 1.4 s, a sport of 170,000 or the house with 250,000 3.5 to 5.3 s, a month of the house 0.5 s.

ALTER TABLE odds_settings ADD COLUMN reference_book text NOT NULL DEFAULT 'pinnacle';
COMMENT ON COLUMN odds_settings.reference_book IS 'The bookmaker whose close, its margin taken out, closing line values are measured against. The owner may UPDATE it: all figures follow.';

CREATE FUNCTION bets_outlay(side text, stake_minor bigint, odds numeric) RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
  AS $$ SELECT CASE side WHEN 'back' THEN stake_minor ELSE ceil(stake_minor * (odds - 1))::bigint END $$;
COMMENT ON FUNCTION bets_outlay(text, bigint, numeric) IS 'What a stake puts at risk, minor units: a back bet the stake, a lay its liability, stake × (odds − 1) rounded up.';

-- Only bets that are closed are in them, so that a bet that is placed pays nothing for them.
CREATE INDEX bets_closed_user      ON bets (user_id, settled_at)      WHERE status IN ('settled', 'cashed_out');
CREATE INDEX bets_closed_syndicate ON bets (syndicate_id, settled_at) WHERE status IN ('settled', 'cashed_out') AND syndicate_id IS NOT NULL;

-- What is void does not count on either side: what was put up for it came back. A part of it that was cashed out before does.
CREATE VIEW bet_profits AS
SELECT id, user_id, syndicate_id, sport_id, bookmaker_id, currency, settled_at, side, odds, is_free_bet, status, result, backed_minor,
       CASE WHEN is_free_bet THEN at_risk_minor ELSE 0 END AS free_minor,
       CASE WHEN is_free_bet THEN 0 ELSE at_risk_minor END AS outlay_minor,
       return_minor,
       return_minor - CASE WHEN is_free_bet THEN 0 ELSE at_risk_minor END AS profit_minor,
       commission_minor,
       clv
  FROM (SELECT b.id, b.user_id, b.syndicate_id, b.sport_id, b.bookmaker_id, b.currency, b.settled_at, b.side, b.odds, b.is_free_bet, b.status, b.result, b.commission_minor,
               b.stake_minor + b.cashed_stake_minor AS backed_minor,
               bets_outlay(b.side, b.stake_minor + b.cashed_stake_minor, b.odds) - CASE WHEN b.result = 'void' THEN b.liability_minor ELSE 0 END AS at_risk_minor,
               b.cashed_payout_minor - b.commission_minor + CASE WHEN b.result = 'void' THEN 0 ELSE b.payout_minor END AS return_minor,
               CASE b.side WHEN 'back' THEN 1 ELSE -1 END * (b.odds * c.probability - 1) AS clv
          FROM bets b
          -- A bet in play was taken after the close: there is nothing to compare it with.
          LEFT JOIN closing_lines c ON c.event_id = b.event_id AND c.market_type = b.market_type AND c.outcome = b.selection AND c.sport_id = b.sport_id
                AND c.bookmaker_id = (SELECT reference_book FROM odds_settings) AND b.accepted_at < c.starts_at AND b.result IS DISTINCT FROM 'void'
         WHERE b.status IN ('settled', 'cashed_out')) closed;
COMMENT ON VIEW bet_profits IS 'Bets that are closed, settled or cashed out, and what each brought its bettor. Amounts in minor units of its currency. A bet that was cashed out in part is here once the rest is settled.';
COMMENT ON COLUMN bet_profits.backed_minor IS 'The stake as placed, of a lay the backer''s, of a free bet the token''s.';
COMMENT ON COLUMN bet_profits.free_minor IS 'Of a free bet: the stake, which cost its bettor nothing and the house a promotion.';
COMMENT ON COLUMN bet_profits.outlay_minor IS 'What the bettor put at risk: a back bet''s stake, a lay''s liability, of a free bet nothing. Without what was void.';
COMMENT ON COLUMN bet_profits.return_minor IS 'What came back, cash-outs included, commission taken off. Without what was void.';
COMMENT ON COLUMN bet_profits.profit_minor IS 'return_minor − outlay_minor.';
COMMENT ON COLUMN bet_profits.clv IS 'Closing line value: odds × closing probability − 1 against odds_settings.reference_book (closing_lines.probability, four places: coarse on long shots), of a lay with the other sign; the profit that was to be expected of a unit of the backer''s stake. NULL for multiples, bets in play, what is void, and where that book had no complete market.';

CREATE VIEW betting_performance AS
WITH entities AS (
  SELECT 'user' AS entity_type, user_id AS entity_id, currency, settled_at, odds, status, result, is_free_bet, backed_minor, outlay_minor AS stake_minor, return_minor, profit_minor, commission_minor, clv FROM bet_profits
  UNION ALL
  SELECT 'syndicate', syndicate_id, currency, settled_at, odds, status, result, is_free_bet, backed_minor, outlay_minor, return_minor, profit_minor, commission_minor, clv FROM bet_profits WHERE syndicate_id IS NOT NULL
  UNION ALL
  SELECT 'sport', coalesce(sport_id, 'multiple'), currency, settled_at, odds, status, result, is_free_bet, backed_minor, outlay_minor, return_minor, profit_minor, commission_minor, clv FROM bet_profits
  UNION ALL
  SELECT 'bookmaker', bookmaker_id, currency, settled_at, odds, status, result, is_free_bet, backed_minor, outlay_minor, return_minor, profit_minor, commission_minor, clv FROM bet_profits
  UNION ALL
  SELECT 'house', bookmaker_id, currency, settled_at, odds, status, result, is_free_bet, backed_minor, outlay_minor + free_minor, return_minor + free_minor, -profit_minor, commission_minor, -clv FROM bet_profits WHERE bookmaker_id = 'house'
), daily AS (
  SELECT entity_type, entity_id, currency, date_trunc('month', settled_at, 'UTC') AS period_start, (settled_at AT TIME ZONE 'UTC')::date AS day,
         count(*) AS bets,
         count(*) FILTER (WHERE result = 'void') AS voids,
         count(*) FILTER (WHERE result = 'push') AS pushes,
         count(*) FILTER (WHERE status = 'cashed_out') AS cash_outs,
         count(*) FILTER (WHERE is_free_bet) AS free_bets,
         count(*) FILTER (WHERE profit_minor > 0 AND result IS DISTINCT FROM 'void' AND result IS DISTINCT FROM 'push') AS wins,
         sum(stake_minor) AS stake, sum(return_minor) AS returned, sum(profit_minor) AS profit, sum(backed_minor) AS backed, sum(commission_minor) AS commission,
         sum(odds) FILTER (WHERE result IS DISTINCT FROM 'void') AS odds,
         count(clv) AS clv_bets, sum(clv) AS clv, sum(clv * backed_minor) AS clv_backed, sum(backed_minor) FILTER (WHERE clv IS NOT NULL) AS backed_with_clv
    FROM entities
   GROUP BY entity_type, entity_id, currency, date_trunc('month', settled_at, 'UTC'), (settled_at AT TIME ZONE 'UTC')::date
), running AS (
  SELECT daily.*, sum(profit) OVER period AS so_far FROM daily WINDOW period AS (PARTITION BY entity_type, entity_id, currency, period_start ORDER BY day)
), peaks AS (
  SELECT running.*, greatest(0, max(so_far) OVER period) AS peak FROM running WINDOW period AS (PARTITION BY entity_type, entity_id, currency, period_start ORDER BY day)
), months AS (
  SELECT entity_type, entity_id, currency, period_start,
         sum(bets)::bigint AS bets, sum(voids)::bigint AS voids, sum(pushes)::bigint AS pushes, sum(cash_outs)::bigint AS cash_outs, sum(free_bets)::bigint AS free_bets, sum(wins)::bigint AS wins,
         sum(stake)::bigint AS stake, sum(returned)::bigint AS returned, sum(profit)::bigint AS profit, sum(backed)::bigint AS backed, sum(commission)::bigint AS commission, sum(odds) AS odds,
         sum(clv_bets)::bigint AS clv_bets, sum(clv) AS clv, sum(clv_backed) AS clv_backed, sum(backed_with_clv) AS backed_with_clv,
         -- Days without a bet add nothing to the sums: it is enough to count them.
         (max(day) - min(day) + 1)::bigint AS days, sum(profit * profit) AS profit_squares, max(peak - so_far)::bigint AS drawdown
    FROM peaks
   GROUP BY entity_type, entity_id, currency, period_start
)
SELECT entity_type, entity_id, period_start,
       (period_start AT TIME ZONE 'UTC' + INTERVAL '1 month') AT TIME ZONE 'UTC' AS period_end,
       bets AS total_bets,
       bets_major(stake, currency) AS total_stake,
       bets_major(returned, currency) AS total_return,
       bets_major(profit, currency) AS profit_loss,
       round(profit::numeric / nullif(stake, 0), 6) AS roi,
       round(wins::numeric / nullif(bets - voids - pushes, 0), 6) AS win_rate,
       round(odds / nullif(bets - voids, 0), 4) AS avg_odds,
       round(sqrt(365::numeric) * profit / days / nullif(odds_stddev(days, profit, profit_squares), 0), 6) AS sharpe_ratio,
       bets_major(drawdown, currency) AS max_drawdown,
       jsonb_build_object(
         'turnover', bets_major(backed, currency), 'commission', bets_major(commission, currency), 'void_bets', voids, 'push_bets', pushes, 'cashed_out_bets', cash_outs, 'free_bets', free_bets, 'days', days,
         'clv', jsonb_build_object('reference_book', (SELECT reference_book FROM odds_settings), 'bets', clv_bets,
                                   'mean', round(clv / nullif(clv_bets, 0), 6), 'stake_weighted', round(clv_backed / nullif(backed_with_clv, 0), 6))) AS metrics,
       currency
  FROM months;
COMMENT ON VIEW betting_performance IS 'How bets did that were closed in a calendar month (UTC, by settled_at), per entity and currency: amounts of two currencies are never added. Computed at each look: filter by entity_type and entity_id. A settlement that is taken back or made again moves its bet to the month of the newest one.';
COMMENT ON COLUMN betting_performance.entity_type IS 'user, syndicate, sport or bookmaker: from the bettors'' side. house: from ours, the other side of the bets with bookmaker_id house.';
COMMENT ON COLUMN betting_performance.entity_id IS 'user_id, syndicate_id, sport_id (multiple for multiples, whatever their legs), bookmaker_id, house.';
COMMENT ON COLUMN betting_performance.period_start IS 'First moment of the month, UTC.';
COMMENT ON COLUMN betting_performance.period_end IS 'First moment of the next month: not included.';
COMMENT ON COLUMN betting_performance.total_bets IS 'Bets that were closed, void ones and pushes included.';
COMMENT ON COLUMN betting_performance.total_stake IS 'What was put at risk, major units: stakes of back bets, liabilities of lays; free bets and what was void not. Of house: what bettors put at risk with us, free bets included.';
COMMENT ON COLUMN betting_performance.total_return IS 'What came back after commission, cash-outs included; what was void not. Of house: what was paid to bettors, and the stakes of free bets, which we gave.';
COMMENT ON COLUMN betting_performance.profit_loss IS 'total_return − total_stake; of house total_stake − total_return.';
COMMENT ON COLUMN betting_performance.roi IS 'profit_loss ÷ total_stake; of house the hold. NULL where nothing was put at risk.';
COMMENT ON COLUMN betting_performance.win_rate IS 'Bets with a profit ÷ bets, void ones and pushes left out of both. Half wins and cash-outs count by their profit.';
COMMENT ON COLUMN betting_performance.avg_odds IS 'Mean of the decimal odds as taken, void bets left out.';
COMMENT ON COLUMN betting_performance.sharpe_ratio IS 'Mean ÷ sample standard deviation of daily profit (UTC), days without a bet between the month''s first and last day with one counting as 0, times √365: annualised as is usual, with 365 days since bets are settled on every day; no risk-free rate. Divide by √365 for the daily figure. Of one month it is a rough estimate. NULL below two days or without variance.';
COMMENT ON COLUMN betting_performance.max_drawdown IS 'Deepest fall of the month''s cumulative daily profit below the highest that it had reached, its start of 0 included; major units, 0 or more.';
COMMENT ON COLUMN betting_performance.metrics IS 'turnover: stakes as placed (of lays the backers''), void and free ones included; commission; void_bets, push_bets, cashed_out_bets, free_bets; days that the Sharpe ratio is over; clv: closing line value against reference_book over so many bets, mean and stake-weighted (see bet_profits.clv; of house the other sign).';
COMMENT ON COLUMN betting_performance.currency IS 'ISO 4217: a part of the key.';

REVOKE ALL ON FUNCTION bets_outlay(text, bigint, numeric) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bets_outlay(text, bigint, numeric) TO quant, bets_writer;
GRANT SELECT ON bet_profits, betting_performance TO quant;
