import yargs from 'yargs';
import { EspalierError } from '../model/index.ts';
import { exitCode } from './command.ts';
import { commands } from './commands/index.ts';
import { listOptions } from './list-options.ts';
import { renderError } from './render/error.ts';
import { processTerminal, type Terminal } from './terminal.ts';
import { checkCommand, usageError } from './usage.ts';
import { packageVersion } from './version.ts';

/** The line cannot be understood; `message` says why. */
class UsageFault extends Error {}

/** Runs one command line; gives its exit code. A stack trace is shown only with `--debug`. */
export async function main(argv: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  if (argv.length === 1 && argv[0] === '--version') {
    terminal.out(packageVersion);
    return exitCode.done;
  }
  try {
    return await runCommand(argv, terminal);
  } catch (error) {
    terminal.err(await renderError(error));
    if (argv.includes('--debug') && error instanceof Error && error.stack !== undefined)
      terminal.err(error.stack);
    return codeOf(error);
  }
}

async function runCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  checkCommand(argv);
  let code: number = exitCode.done;
  const program = buildProgram(terminal, (result) => {
    code = result;
  });
  if (argv.length === 0) {
    terminal.err(await program.getHelp());
    return exitCode.usage;
  }
  try {
    await program.parseAsync([...argv], {}, (_error, _args, output) => {
      if (output !== '') terminal.out(output);
    });
  } catch (error) {
    if (error instanceof UsageFault) throw usageError(error.message, argv, await helpOf(argv, terminal));
    throw error;
  }
  return code;
}

function buildProgram(terminal: Terminal, done: (code: number) => void) {
  const program = yargs()
    // Its words are matched, and ours are English: a half-translated help serves nobody.
    .locale('en')
    .scriptName('espalier')
    .usage(
      '$0 COMMAND\n\nTurns a short YAML workflow and a folder of microscope images into jobs, and keeps a ledger of how every file was made.',
    )
    .parserConfiguration({
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'dot-notation': false,
    })
    .check((given, declared) => {
      const repeatable = listOptions(declared);
      // An option that is given again becomes a list, which is meant for those alone that are declared as one.
      for (const [name, value] of Object.entries(given))
        if (Array.isArray(value) && name !== '_' && !repeatable.has(name))
          throw new UsageFault(`\`--${name}\` is given more than once`);
      return true;
    })
    .option('output', {
      choices: ['text', 'json'] as const,
      default: 'text' as const,
      describe: 'Form of the result',
      global: true,
    })
    .option('quiet', {
      type: 'boolean',
      default: false,
      describe: 'Say nothing but the result',
      global: true,
    })
    .option('debug', { type: 'boolean', describe: 'With an error, show where it arose', global: true })
    .strict()
    .demandCommand(1, 'a command is wanted')
    .version(packageVersion)
    .exitProcess(false)
    .fail((message, error) => {
      throw error === undefined || error === null || error.name === 'YError'
        ? new UsageFault(message ?? error?.message)
        : error;
    })
    .wrap(Math.min(110, terminal.width))
    .epilogue('docs/tutorial.md begins at the beginning. ESPALIER_HOME moves everything espalier keeps.');
  for (const command of commands) command.addTo(program, terminal, done);
  makeNoHelpAhead(program);
  return program;
}

/** yargs lays out the help of each command it runs, in case it is asked for afterwards. Nobody does, and it takes a tenth of a short command. */
function makeNoHelpAhead(program: object): void {
  const { getInternalMethods } = program as { getInternalMethods?: () => InternalMethods };
  const usage = getInternalMethods?.call(program).getUsageInstance?.();
  if (usage?.cacheHelpMessage !== undefined) usage.cacheHelpMessage = () => {};
}

interface InternalMethods {
  readonly getUsageInstance?: () => { cacheHelpMessage?: () => void };
}

/** The help of the command that a line names. */
async function helpOf(argv: readonly string[], terminal: Terminal): Promise<string> {
  let help = '';
  const words = argv.filter((word) => !word.startsWith('-')).slice(0, 1);
  await buildProgram(terminal, () => {}).parseAsync([...words, '--help'], {}, (_error, _args, output) => {
    help = output;
  });
  return help;
}

function codeOf(error: unknown): number {
  if (error instanceof EspalierError && error.fault === 'site') return exitCode.site;
  return exitCode.usage;
}
