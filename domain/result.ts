/** What a function that may be given bad input returns instead of throwing: the value, or an error that says what to do. */
export type Result<Value, Failure> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: Failure };
