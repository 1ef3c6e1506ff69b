/** A setting that cannot be used. The message names the setting, where it came from, what is wrong with it and what to do; never a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code: 'file_missing' | 'file_malformed' | 'setting_unknown' | 'setting_malformed' | 'address_missing';
  constructor(code: ConfigError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
