import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { EspalierError, formatMemory } from '../../model/index.ts';
import { type CommonOptions, defineCommand, exitCode } from '../command.ts';
import { renderJson } from '../render/json.ts';
import { renderTable } from '../render/table.ts';
import { readSurroundings } from '../surroundings.ts';
import type { Terminal } from '../terminal.ts';

type Options = CommonOptions & {
  readonly action: 'add' | 'list' | 'show' | 'login' | 'doctor';
  readonly name?: string | undefined;
  readonly job: boolean;
  readonly host?: string | undefined;
  readonly user?: string | undefined;
  readonly work?: string | undefined;
  readonly 'ssh-config'?: string | undefined;
  readonly transport: 'openssh' | 'ssh';
  readonly force: boolean;
};

export const site = defineCommand({
  command: 'site <action> [name]',
  describe: 'Add a site, list them, show one, log in to it, or have it looked over (doctor)',
  builder: (argv: Argv<CommonOptions>) =>
    argv
      .positional('action', {
        choices: ['add', 'list', 'show', 'login', 'doctor'] as const,
        demandOption: true,
        describe: 'What to do',
      })
      .positional('name', { type: 'string', describe: 'The site' })
      .option('job', { type: 'boolean', default: true, describe: 'With doctor: also run a job of a minute' })
      .option('host', { type: 'string', describe: 'With add: the login host, or an alias of ~/.ssh/config' })
      .option('user', { type: 'string', describe: 'With add: the user name there' })
      .option('work', { type: 'string', describe: 'With add: a directory that login host and nodes share' })
      .option('ssh-config', { type: 'string', describe: 'With add: another file than ~/.ssh/config' })
      .option('transport', {
        choices: ['openssh', 'ssh'] as const,
        default: 'openssh' as const,
        describe: 'With add: this machine’s ssh, or the built-in client',
      })
      .option('force', { type: 'boolean', default: false, describe: 'With add: replace a profile' }),
  run: async (options: Options, terminal: Terminal): Promise<number> => {
    const { profileFiles, siteNames, withSite } = await import('../../run/index.ts');
    const settings = readSurroundings();
    if (options.action === 'list') {
      const names = await siteNames(settings);
      terminal.out(options.output === 'json' ? renderJson({ sites: names }) : names.join('\n'));
      return exitCode.done;
    }
    const { name } = options;
    if (name === undefined)
      throw new EspalierError('bad-usage', `\`site ${options.action}\` needs the name of a site`, {
        hint: '`espalier site list` names them',
      });
    if (options.action === 'add') return add(name, options, settings, terminal);
    return withSite(settings, name, async (open) => {
      if (options.action === 'show') {
        const files = (await profileFiles(name, settings)).map(({ file }) => file);
        terminal.out(renderJson({ site: open.site, files }));
        return exitCode.done;
      }
      return options.action === 'login' ? logIn(name, open, terminal) : examine(open, options, terminal);
    });
  },
});

type Open = Parameters<Parameters<typeof import('../../run/index.ts').withSite>[2]>[0];

async function add(
  name: string,
  options: Options,
  settings: ReturnType<typeof readSurroundings>,
  terminal: Terminal,
): Promise<number> {
  const { addSite } = await import('../../run/index.ts');
  const { host = name, user, work, transport: kind } = options;
  const configFile = options['ssh-config'] === undefined ? undefined : resolve(options['ssh-config']);
  const transport = {
    kind,
    host,
    ...(user !== undefined && { user }),
    ...(configFile !== undefined && { configFile }),
  };
  const added = await addSite({ name, transport, work, force: options.force }, settings);
  if (options.output === 'json') {
    terminal.out(renderJson({ ...added }));
    return exitCode.done;
  }
  const { found } = added;
  const rows = [
    ['Slurm', found.slurm ?? ''],
    ['accounting', found.hasAccounting ? 'yes' : 'no: how jobs ended is known only for minutes'],
    ['partitions', found.partitions.map((each) => each.name).join(', ') || 'none seen'],
    ['accounts', found.accounts.join(', ') || 'none seen'],
    ['QOS', describeQos(found.qos)],
    ['containers', found.runtimeVersion ?? 'none on the PATH: see the profile'],
    [
      'work directory',
      `${added.work}${work === undefined ? ' (a guess: do nodes see it? is it purged?)' : ''}`,
    ],
  ];
  const free = Object.entries(found.free).map(([folder, bytes]) => `${formatMemory(bytes)} in ${folder}`);
  rows.push(['free space', free.join(', ') || 'not told'], ['quota', found.quota ?? 'not told']);
  terminal.out(renderTable(['found', ''], rows, terminal.room));
  terminal.out(`\nwritten: ${added.file}\nnext:    espalier site doctor ${name}`);
  return exitCode.done;
}

/** One list where all accounts have the same. */
function describeQos(qos: Readonly<Record<string, readonly string[]>>): string {
  const lists = Object.values(qos).map((names) => names.join(', '));
  if (new Set(lists).size <= 1) return lists[0] ?? 'none seen';
  return Object.entries(qos)
    .map(([account, names]) => `${account}: ${names.join(', ')}`)
    .join('; ');
}

/** In this terminal, where a person can answer whatever is asked; what comes later rides on the connection. */
async function logIn(name: string, open: Open, terminal: Terminal): Promise<number> {
  const { loginCommand } = await import('../../run/index.ts');
  if (open.site.transport.kind === 'ssh') {
    await open.backend.transport.run(':');
    terminal.out(
      `the login to ${name} works; the built-in client keeps it for one command only: where a person has to answer each time, \`transport: openssh\` asks once`,
    );
    return exitCode.done;
  }
  const command = await loginCommand(name, readSurroundings());
  if (command === undefined) {
    terminal.err(`\`${name}\` is this machine: no login is needed`);
    return exitCode.done;
  }
  if (command.isOpen) {
    terminal.out(`the connection to ${name} is open: no login is needed`);
    return exitCode.done;
  }
  const code = await new Promise<number>((resolve) => {
    const child = spawn(command.program, [...command.words], { stdio: 'inherit' });
    child.on('error', () => resolve(255));
    child.on('exit', (exit) => resolve(exit ?? 255));
  });
  if (code !== 0)
    throw new EspalierError('login-refused', `the login to \`${name}\` failed`, { fault: 'site' });
  terminal.out(`logged in to ${name}: the connection is kept for a day of silence at most`);
  return exitCode.done;
}

async function examine(open: Open, options: Options, terminal: Terminal): Promise<number> {
  const { examineSite } = await import('../../run/index.ts');
  const say = (text: string): void => {
    if (!options.quiet && options.output === 'text') terminal.err(text);
  };
  const checks = await examineSite(open, () => Date.now(), { job: options.job, say });
  if (options.output === 'json') terminal.out(renderJson({ site: open.site.name, checks }));
  else {
    terminal.out(
      renderTable(
        ['check', '', 'seen'],
        checks.map(({ what, is, seen }) => [what, is, seen]),
      ),
    );
    for (const { what, mend } of checks.filter((each) => each.mend !== ''))
      terminal.out(`\n${what}: ${mend}`);
    if (!options.job) terminal.out('\nno job was run (--no-job): nothing is known of the nodes');
  }
  return checks.some(({ is }) => is === 'failed') ? exitCode.taskFailed : exitCode.done;
}
