export type { OddsUpdateInput as OddsUpdate } from '../../schemas/generated/odds-update.ts';
export type { EventInput as Event } from '../../schemas/generated/event.ts';
export type { ResultInput as Result } from '../../schemas/generated/result.ts';
