-- 0007: accounts, bets, their settlements and the ledger.
--
-- Money moves only by ledger entries. Balances in `accounts` and the rows of `bets` are projections that are written in the transaction of the
-- entries and events that they follow from: `oddstream ledger check` adds everything up again.
--
-- Amounts are integers in minor units (`…_minor`); the columns that quants were promised (stake, payout and so on) are the same in major units.

-- Not STRICT: a strict function with a CASE is never inlined, and five calls a row took 30 of the 45 µs that a bet's row takes.
CREATE FUNCTION bets_major(minor bigint, currency text) RETURNS numeric
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT CASE
    WHEN currency IN ('EUR', 'GBP', 'USD') THEN minor * 0.01
    WHEN currency IN ('BIF','CLP','DJF','GNF','ISK','JPY','KMF','KRW','PYG','RWF','UGX','VND','VUV','XAF','XOF','XPF') THEN minor::numeric
    WHEN currency IN ('BHD','IQD','JOD','KWD','LYD','OMR','TND') THEN minor * 0.001
    ELSE minor * 0.01 END $$;
COMMENT ON FUNCTION bets_major(bigint, text) IS 'Minor units as an amount of the currency (ISO 4217, list one).';

CREATE TABLE accounts (
  account_id       text        PRIMARY KEY CHECK (account_id <> ''),
  user_id          text        NOT NULL,
  syndicate_id     text,
  currency         text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  -- Of bet-commands and bet-events: the key decides it, and it is for ever.
  partition        smallint    NOT NULL,
  available_minor  bigint      NOT NULL DEFAULT 0 CHECK (available_minor >= 0),
  held_minor       bigint      NOT NULL DEFAULT 0 CHECK (held_minor >= 0),
  staked_minor     bigint      NOT NULL DEFAULT 0 CHECK (staked_minor >= 0),
  receivable_minor bigint      NOT NULL DEFAULT 0 CHECK (receivable_minor >= 0),
  opened_at        timestamptz NOT NULL,
  CHECK (available_minor = 0 OR receivable_minor = 0)
);
CREATE INDEX accounts_user ON accounts (user_id);
COMMENT ON TABLE  accounts IS 'Accounts and their balances, minor units. The ledger''s entries add up to these.';
COMMENT ON COLUMN accounts.available_minor IS 'Can be spent.';
COMMENT ON COLUMN accounts.held_minor IS 'Held for withdrawals that are under way.';
COMMENT ON COLUMN accounts.staked_minor IS 'Behind bets that are not settled: stakes of back bets, liabilities of lays.';
COMMENT ON COLUMN accounts.receivable_minor IS 'Owed by the account: a settlement that was taken back had been spent already. What comes in pays it first.';

CREATE TABLE bets (
  id                     uuid        PRIMARY KEY,
  command_id             uuid        NOT NULL,
  account_id             text        NOT NULL,
  user_id                text        NOT NULL,
  syndicate_id           text,
  sport_id               text,
  event_id               text,
  market_type            text,
  selection              text,
  side                   text        NOT NULL CHECK (side IN ('back', 'lay')),
  currency               text        NOT NULL,
  odds                   numeric(18,4) NOT NULL CHECK (odds > 1 AND odds <> 'NaN'),
  worst_odds             numeric(18,4) NOT NULL,
  bookmaker_id           text        NOT NULL,
  commission_rate        numeric(7,6) NOT NULL DEFAULT 0 CHECK (commission_rate >= 0 AND commission_rate < 1),
  is_free_bet            boolean     NOT NULL DEFAULT false,
  status                 text        NOT NULL CHECK (status IN ('delayed', 'submitted', 'unknown', 'accepted', 'rejected', 'cancelled', 'settled', 'cashed_out')),
  code                   text,
  result                 text        CHECK (result IN ('won', 'lost', 'void', 'push', 'half_won', 'half_lost', 'partly')),
  void_reason            text,
  stake_minor            bigint      NOT NULL CHECK (stake_minor >= 0),
  liability_minor        bigint      NOT NULL CHECK (liability_minor >= 0),
  potential_return_minor bigint      NOT NULL CHECK (potential_return_minor >= 0),
  gross_minor            bigint      NOT NULL DEFAULT 0 CHECK (gross_minor >= payout_minor),
  payout_minor           bigint      NOT NULL DEFAULT 0 CHECK (payout_minor >= 0),
  commission_minor       bigint      NOT NULL DEFAULT 0 CHECK (commission_minor >= 0),
  cashed_stake_minor     bigint      NOT NULL DEFAULT 0 CHECK (cashed_stake_minor >= 0),
  cashed_payout_minor    bigint      NOT NULL DEFAULT 0 CHECK (cashed_payout_minor >= 0),
  stake                  numeric     GENERATED ALWAYS AS (bets_major(stake_minor + cashed_stake_minor, currency)) STORED,
  liability              numeric     GENERATED ALWAYS AS (bets_major(liability_minor, currency)) STORED,
  potential_return       numeric     GENERATED ALWAYS AS (bets_major(potential_return_minor, currency)) STORED,
  payout                 numeric     GENERATED ALWAYS AS (bets_major(payout_minor + cashed_payout_minor, currency)) STORED,
  commission             numeric     GENERATED ALWAYS AS (bets_major(commission_minor, currency)) STORED,
  settlement_version     int         NOT NULL DEFAULT 0,
  provider_ref           text,
  attempted_at           timestamptz,
  due_at                 timestamptz,
  placed_at              timestamptz NOT NULL,
  accepted_at            timestamptz,
  settled_at             timestamptz,
  created_at             timestamptz NOT NULL DEFAULT now(),
  updated_at             timestamptz NOT NULL DEFAULT now(),
  metadata               jsonb       NOT NULL DEFAULT '{}',
  partition              smallint    NOT NULL,
  source_partition       int         NOT NULL,
  source_offset          bigint      NOT NULL,
  CHECK (num_nulls(sport_id, event_id, market_type, selection) IN (0, 4)),
  CHECK ((status = 'settled') = (result IS NOT NULL))
);
CREATE INDEX bets_market  ON bets (event_id, market_type) WHERE event_id IS NOT NULL;
CREATE INDEX bets_account ON bets (account_id, placed_at);
CREATE INDEX bets_pending ON bets (partition) WHERE status IN ('delayed', 'submitted', 'unknown');
COMMENT ON TABLE  bets IS 'Every bet, also those that were refused, as it is now: a projection of bet-events.';
COMMENT ON COLUMN bets.command_id IS 'The command that placed it. A stake that was split over providers is several bets of one command.';
COMMENT ON COLUMN bets.event_id IS 'NULL for a multiple: its legs are in bet_legs.';
COMMENT ON COLUMN bets.market_type IS 'The whole market identity, period and line included: 1x2, totals:2.5, 1x2.h1.';
COMMENT ON COLUMN bets.side IS 'back: the stake is staked. lay: the account takes the other side, its liability is staked, and `stake` is the backer''s.';
COMMENT ON COLUMN bets.odds IS 'Decimal, as taken; of a multiple the product of its legs.';
COMMENT ON COLUMN bets.worst_odds IS 'The worst price that the command takes.';
COMMENT ON COLUMN bets.gross_minor IS 'Of a settled bet: what the other side paid; of a free bet the stake, which goes back to promotions, with it.';
COMMENT ON COLUMN bets.bookmaker_id IS 'Who takes the other side. house is ourselves.';
COMMENT ON COLUMN bets.stake IS 'As placed, major units; what is still at stake is stake_minor.';
COMMENT ON COLUMN bets.potential_return IS 'Most that what is still at stake can pay.';
COMMENT ON COLUMN bets.payout IS 'What came back, cash-outs included, before commission.';
COMMENT ON COLUMN bets.commission IS 'Its part of the commission on the account''s net winnings in the market at that exchange.';
COMMENT ON COLUMN bets.code IS 'Why it was refused or cancelled.';
COMMENT ON COLUMN bets.due_at IS 'In play: when price and status are looked at again.';
COMMENT ON COLUMN bets.attempted_at IS 'When it was first sent to its provider. It is never sent again: what became of it is asked.';
COMMENT ON COLUMN bets.source_offset IS 'Lineage: the command, in bet-commands.';

CREATE TABLE bet_legs (
  bet_id      uuid          NOT NULL REFERENCES bets,
  leg         smallint      NOT NULL,
  sport_id    text          NOT NULL,
  event_id    text          NOT NULL,
  market_type text          NOT NULL,
  selection   text          NOT NULL,
  odds        numeric(10,4) NOT NULL CHECK (odds > 1),
  worst_odds  numeric(10,4) NOT NULL,
  PRIMARY KEY (bet_id, leg)
);
CREATE INDEX bet_legs_market ON bet_legs (event_id, market_type);
COMMENT ON TABLE bet_legs IS 'Legs of multiples.';

CREATE TABLE market_facts (
  sport_id         text        NOT NULL,
  event_id         text        NOT NULL,
  market_type      text        NOT NULL,
  producer         text        NOT NULL,
  kind             text        NOT NULL CHECK (kind IN ('settle', 'cancel')),
  -- Cancel window, epoch ms; 0 and 2^53 - 1 where it is open.
  void_from        bigint      NOT NULL DEFAULT 0,
  void_until       bigint      NOT NULL DEFAULT 9007199254740991,
  is_active        boolean     NOT NULL,
  certainty        text        NOT NULL CHECK (certainty IN ('live', 'confirmed')),
  outcomes         jsonb       NOT NULL,
  deductions       jsonb       NOT NULL,
  "timestamp"      timestamptz NOT NULL,
  source_partition int         NOT NULL,
  source_offset    bigint      NOT NULL,
  PRIMARY KEY (event_id, market_type, sport_id, producer, kind, void_from, void_until)
);
COMMENT ON TABLE market_facts IS 'What each producer last said of a market: its settlement, and each window in which bets are void. Not active: taken back.';

CREATE TABLE settlements_due (
  sport_id    text NOT NULL,
  event_id    text NOT NULL,
  market_type text NOT NULL,
  cause       text NOT NULL,
  PRIMARY KEY (event_id, market_type, sport_id)
);
COMMENT ON TABLE settlements_due IS 'Markets whose bets must be looked at again.';

CREATE TABLE bet_settlements (
  bet_id           uuid        NOT NULL REFERENCES bets,
  version          int         NOT NULL,
  result           text,
  void_reason      text,
  payout_minor     bigint      NOT NULL,
  commission_minor bigint      NOT NULL,
  legs             jsonb       NOT NULL,
  settled_at       timestamptz NOT NULL,
  source_topic     text        NOT NULL,
  source_partition int         NOT NULL,
  source_offset    bigint      NOT NULL,
  PRIMARY KEY (bet_id, version)
);
COMMENT ON TABLE  bet_settlements IS 'Every settlement that a bet ever had, append only. result NULL: the one before was taken back.';
COMMENT ON COLUMN bet_settlements.source_offset IS 'Lineage: the record after which it was decided.';

CREATE TABLE ledger_entries (
  entry_id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transfer         text        NOT NULL,
  account_id       text        NOT NULL,
  bucket           text        NOT NULL CHECK (bucket IN ('available', 'held', 'staked', 'receivable', 'own')),
  amount_minor     bigint      NOT NULL CHECK (amount_minor <> 0),
  currency         text        NOT NULL,
  kind             text        NOT NULL,
  bet_id           uuid,
  created_at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ledger_entries_account ON ledger_entries (account_id, entry_id);
COMMENT ON TABLE  ledger_entries IS 'Double entry, append only: the entries of a transfer add up to nothing in each currency.';
COMMENT ON COLUMN ledger_entries.transfer IS 'Lineage: <topic>/<partition>/<offset> of the record that moved the money, and what else tells its transfers apart.';
COMMENT ON COLUMN ledger_entries.account_id IS 'An account (buckets available, held, staked, receivable), or one of ours (bucket own): house, provider:<id>, commission:<id>, cash, promotions.';

-- The books balance by constraint: all entries of a transfer come in one statement, and a statement that does not balance fails.
CREATE FUNCTION ledger_must_balance() RETURNS trigger
  LANGUAGE plpgsql SET search_path FROM CURRENT
  AS $$
DECLARE wrong record;
BEGIN
  SELECT transfer, currency, sum(amount_minor) AS off INTO wrong FROM added GROUP BY transfer, currency HAVING sum(amount_minor) <> 0 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'transfer % is off by % % minor units', wrong.transfer, wrong.off, wrong.currency USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_balances';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_balances AFTER INSERT ON ledger_entries REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_must_balance();

CREATE FUNCTION append_only() RETURNS trigger
  LANGUAGE plpgsql
  AS $$ BEGIN RAISE EXCEPTION '% is append only: correct it by new entries', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$;
CREATE TRIGGER ledger_append_only      BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries  FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER settlements_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bet_settlements FOR EACH STATEMENT EXECUTE FUNCTION append_only();

CREATE TABLE account_commands (
  command_id       uuid        PRIMARY KEY,
  account_id       text        NOT NULL,
  action           text        NOT NULL,
  state            text        NOT NULL CHECK (state IN ('done', 'held', 'completed', 'released', 'rejected')),
  code             text,
  amount_minor     bigint,
  decided_at       timestamptz NOT NULL,
  source_partition int         NOT NULL,
  source_offset    bigint      NOT NULL
);
COMMENT ON TABLE account_commands IS 'Every command that placed no bet, by its idempotency key, and what became of it.';

-- bet-events are published from here, in order, by the process outbox. A partition's sequence has no gap: who writes to it holds its head's row.
CREATE TABLE bet_outbox_heads (
  partition           smallint PRIMARY KEY,
  next_sequence       bigint   NOT NULL DEFAULT 0,
  published_sequence  bigint   NOT NULL DEFAULT 0
);
COMMENT ON COLUMN bet_outbox_heads.published_sequence IS 'All below it are in bet-events; some above it may be, which the topic itself says.';
CREATE TABLE bet_outbox (
  partition  smallint    NOT NULL,
  sequence   bigint      NOT NULL,
  event      json        NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (partition, sequence)
);
COMMENT ON TABLE bet_outbox IS 'Changes of state as they will stand in bet-events, written in the transaction that made them.';

-- A paper provider's own book: it must know after a crash what it has taken, as a real one would. Nothing of ours refers to it.
CREATE TABLE paper_bets (
  provider     text        NOT NULL,
  reference    text        NOT NULL,
  state        text        NOT NULL CHECK (state IN ('accepted', 'rejected')),
  code         text,
  side         text        NOT NULL,
  stake_minor  bigint      NOT NULL,
  currency     text        NOT NULL,
  odds         numeric(10,4) NOT NULL,
  placed_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (provider, reference)
);

CREATE VIEW ledger_balances AS
  SELECT account_id, bucket, currency, sum(amount_minor)::bigint AS balance_minor, bets_major(sum(amount_minor)::bigint, currency) AS balance
    FROM ledger_entries GROUP BY account_id, bucket, currency;
COMMENT ON VIEW ledger_balances IS 'What the ledger''s entries add up to. From the owner''s view: what house has gained is its balance.';

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bets_writer') THEN
    BEGIN
      CREATE ROLE bets_writer NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION;
    EXCEPTION
      WHEN duplicate_object OR unique_violation THEN NULL;
      WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'role bets_writer is missing and % may not create it', current_user USING HINT = 'As a superuser: CREATE ROLE bets_writer NOLOGIN;';
    END;
  END IF;
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO bets_writer', current_schema());
END $$;
GRANT SELECT ON accounts, bets, bet_legs, market_facts, bet_settlements, ledger_entries, ledger_balances, account_commands, bet_outbox, bet_outbox_heads TO quant;
GRANT SELECT, INSERT, UPDATE ON accounts, bets, market_facts, account_commands, bet_outbox_heads, sink_positions TO bets_writer;
GRANT UPDATE (odds) ON bet_legs TO bets_writer;
GRANT SELECT, INSERT ON bet_legs, bet_settlements, ledger_entries, paper_bets TO bets_writer;
GRANT SELECT, INSERT, DELETE ON settlements_due, bet_outbox TO bets_writer;
GRANT SELECT ON ledger_balances, odds_settings, events TO bets_writer;
REVOKE ALL ON FUNCTION bets_major(bigint, text), ledger_must_balance(), append_only() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bets_major(bigint, text) TO quant, bets_writer;
