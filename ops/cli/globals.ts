import { type Command, Option } from 'commander';
import { type Config, type Flags, loadConfig } from '../config/config.ts';
import { settingNames, settings } from '../config/settings.ts';

/** Adds the options that every command takes. */
export const addGlobalOptions = (program: Command): void => {
  program.option('--config <file>', 'config file (else ODDSTREAM_CONFIG, else oddstream.json where it is)');
  for (const name of settingNames) {
    const { flag, doc, env } = settings[name] as { flag?: string; doc: string; env: string };
    if (flag !== undefined) program.addOption(new Option(`${flag} <value>`, `${doc} (${env})`));
  }
  program.addOption(new Option('--set <pipeline.setting=value>', "one of a pipeline's own settings; may be given several times (ODDSTREAM_PIPELINES, as JSON)").argParser((value: string, previous: string[] | undefined) => [...(previous ?? []), value]));
  program.option('--verbose', 'show where an error came from (ODDSTREAM_DEBUG=1)');
};

/** The settings as the command line, the environment and the file have them. Throws ConfigError. */
export const configOf = (command: Command): Config => loadConfig({ flags: command.optsWithGlobals<Flags>() });
