-- 0011: what the desk writes by the thousand, as rows of composite types. A statement takes an array of them as one parameter, in binary: against COPY that costs no more
-- for a row, is parsed and planned once for a connection, and needs no round trip of its own.
CREATE TYPE desk_account AS (account_id text, available_minor bigint, held_minor bigint, staked_minor bigint, receivable_minor bigint);
CREATE TYPE desk_bet AS (
  id uuid, command_id uuid, account_id text, user_id text, syndicate_id text, sport_id text, event_id text, market_type text, selection text, side text, currency text, odds text, worst_odds text,
  bookmaker_id text, commission_ppm int, is_free_bet boolean, status text, code text, void_reason text, stake_minor bigint, liability_minor bigint, potential_return_minor bigint,
  cashed_stake_minor bigint, cashed_payout_minor bigint, due_at timestamptz, placed_at timestamptz, accepted_at timestamptz, settled_at timestamptz, metadata text,
  partition smallint, source_partition int, source_offset bigint
);
CREATE TYPE desk_entry AS (transfer text, account_id text, bucket text, amount_minor bigint, currency text, kind text, bet_id uuid);
CREATE TYPE desk_event AS (partition smallint, place int, event text);

COMMENT ON COLUMN bet_outbox.event IS 'As it will stand in bet-events, but for its sequence, which is the column''s, and for what is null.';
