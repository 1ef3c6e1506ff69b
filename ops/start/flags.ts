import type { Flags } from '../config/config.ts';
import { settingNames, settings } from '../config/settings.ts';

/** Settings given on a command line, as arguments for another one. */
export const flagArguments = (flags: Flags): string[] => [
  ...(flags.config === undefined ? [] : ['--config', flags.config]),
  ...settingNames.flatMap((name) => {
    const { flag } = settings[name] as { flag?: string };
    const value = flags[name];
    return flag === undefined || value === undefined ? [] : [flag, value];
  }),
  ...(flags.set ?? []).flatMap((assignment) => ['--set', assignment]),
];
