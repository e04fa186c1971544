import yargs from 'yargs';
import { FormatError } from '../../formats/index.ts';
import { EngineError } from '../engines/index.ts';
import { ImagingError, UsageError } from './problem.ts';
import type { Streams } from './streams.ts';
import type { Arguments, LineOutcome, Verb } from './verb.ts';
import { verbs } from './verbs.ts';

/**
 * Runs one command line and gives its exit code: 0 done, 1 the work failed, 2 it was asked for wrongly, 3 the engine
 * asked for is not there. Errors are one line on `err`; `--debug` adds where they came from.
 */
export async function main(argv: readonly string[], streams: Streams): Promise<number> {
  return (await runLine(argv, streams, (args) => args)).code;
}

async function runLine(
  argv: readonly string[],
  streams: Streams,
  adapt: (args: Arguments) => Arguments,
): Promise<LineOutcome> {
  try {
    await parse(argv, streams, adapt);
    return { code: 0, lost: false };
  } catch (error) {
    streams.err(`espalier-imaging: ${explain(error)}`);
    if (argv.includes('--debug') && error instanceof Error) streams.err(error.stack ?? '');
    return {
      code: exitCodeOf(error),
      lost: error instanceof EngineError && error.lost,
    };
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return 2;
  return error instanceof EngineError && error.missing ? 3 : 1;
}

async function parse(
  argv: readonly string[],
  streams: Streams,
  adapt: (args: Arguments) => Arguments,
): Promise<void> {
  const program = yargs()
    .scriptName('espalier-imaging')
    .usage('$0 VERB INPUT OUTPUT [options]\n\nDeskews, deconvolves and projects light-sheet stacks.')
    // File names keep their quotes, dots and digits: yargs is to change nothing in them.
    .parserConfiguration({
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'dot-notation': false,
      'camel-case-expansion': false,
      'boolean-negation': false,
      'duplicate-arguments-array': false,
    })
    .option('debug', { type: 'boolean', describe: 'With an error, show where in the program it arose' })
    .strictOptions()
    .version(false)
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new UsageError(message);
    })
    .wrap(110);
  for (const verb of verbs) addVerb(program, verb, streams, adapt);
  program.command('$0', false, {}, ({ _: [word] }) => {
    const names = verbs.map(({ name }) => name).join(', ');
    throw new UsageError(
      word === undefined
        ? `a verb is wanted: ${names} (--help shows more)`
        : `there is no verb \`${word}\`; there are ${names}`,
    );
  });
  await program.parseAsync([...argv], {}, (_error, _args, output) => {
    if (output !== '') streams.out(output);
  });
}

function addVerb(
  program: ReturnType<typeof yargs>,
  verb: Verb,
  streams: Streams,
  adapt: (args: Arguments) => Arguments,
): void {
  program.command(
    verb.name,
    verb.describe,
    (own) => own.usage(`$0 ${verb.name} ${verb.files} [options]\n\n${verb.describe}`).options(verb.options),
    async ({ _: words, ...options }) => {
      await verb.run(adapt({ files: words.slice(1).map(String), options }), streams, runLine);
    },
  );
}

/** A `RangeError` is how the rooms below refuse a value; anything else unforeseen is told as it is. */
function explain(error: unknown): string {
  if (error instanceof UsageError || error instanceof ImagingError || error instanceof FormatError)
    return error.message;
  if (error instanceof RangeError || error instanceof EngineError) return error.message;
  return `something failed that should not: ${error instanceof Error ? error.message : String(error)} (--debug shows more)`;
}
