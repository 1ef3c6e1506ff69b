-- 0010: what each single bet and multiple has in the tail of its portfolio.
ALTER TABLE risk_var ADD COLUMN bets jsonb NOT NULL DEFAULT '[]';
COMMENT ON COLUMN risk_var.bets IS 'What single bets and multiples have in cvar_95_minor, the largest 50: [{bet_id, cvar_95_minor}].';
COMMENT ON COLUMN risk_var.contributions IS 'What event (sport:event_id), multiple (bet:<id>) and asset (asset:<id>) have in cvar_95_minor, the largest 50 of what all together adds up to it: [{component, cvar_95_minor}].';
