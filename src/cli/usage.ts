import { EspalierError, suggest } from '../model/index.ts';
import { commands } from './commands/index.ts';

/** What the parser of the command line says in English, and how we say it. */
const sayings: readonly (readonly [RegExp, string])[] = [
  [/^Not enough non-option arguments.*$/, 'something is missing'],
  [/^Unknown arguments?: (.+)$/, 'there is no option or argument `$1` here'],
  [/^Unknown command: (.+)$/, 'there is no command `$1`'],
  [/^Not enough arguments following: (.+)$/, '`--$1` wants a value'],
  [/^Invalid values:\s+Argument: (\S+), Given: (.*), Choices: (.*)$/, '`$1` is $2 and may be $3'],
];

function inOurWords(message: string): string {
  const saying = sayings.find(([theirs]) => theirs.test(message));
  return saying === undefined ? message : message.replace(...saying);
}

/** The command that a line names, where it begins with one. */
function commandOf(argv: readonly string[]): (typeof commands)[number] | undefined {
  return commands.find(({ name }) => argv.includes(name));
}

/** A first word that is no command: the nearest one, or all. */
export function checkCommand(argv: readonly string[]): void {
  const [first] = argv;
  const names = commands.map(({ name }) => name);
  if (first === undefined || first.startsWith('-') || names.includes(first)) return;
  const near = suggest(first, names);
  throw new EspalierError('bad-usage', `there is no command \`${first}\``, {
    hint: near === undefined ? `there are: ${names.join(', ')}` : `did you mean \`${near}\`?`,
  });
}

/** What is wrong with a line, with the option that was meant where one is near, and how the command is written. */
export function usageError(message: string, argv: readonly string[], help: string): EspalierError {
  const command = commandOf(argv);
  const written = /^Unknown argument: (.+)$/.exec(message)?.[1];
  const near = written === undefined ? undefined : suggest(written, optionsIn(help));
  const hints = [
    ...(near === undefined ? [] : [`did you mean \`--${near}\`?`]),
    ...(command === undefined
      ? ['`espalier --help` lists the commands']
      : [`usage: espalier ${command.usage}`, `\`espalier ${command.name} --help\` says more`]),
  ];
  return new EspalierError('bad-usage', inOurWords(message), { hint: hints.join('\n  ') });
}

/** The options that a help text lists. */
function optionsIn(help: string): readonly string[] {
  return [...help.matchAll(/^ +--([a-z-]+)/gm)].flatMap(([, name]) => (name === undefined ? [] : [name]));
}
