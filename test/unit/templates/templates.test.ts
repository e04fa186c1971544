import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Command, ScriptPart, Task } from '../../../src/model/index.ts';
import {
  commandWords,
  renderElement,
  renderJobScript,
  resultPath,
  shellQuote,
  TaskFile,
} from '../../../src/templates/index.ts';
import { hostileNames } from '../../hostile-names.ts';

const folder = new URL('../../../src/templates/', import.meta.url);
const texts = readdirSync(folder, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith('.njk'))
  .map((name) => readFileSync(new URL(name, folder), 'utf8'));

describe('templates', () => {
  it('leave nothing unquoted but these', () => {
    const marked = new Set(texts.flatMap((text) => [...text.matchAll(/\braw_\w+/g)].map(([name]) => name)));
    // Ids that hold only `[A-Za-z0-9._-]`, and lines that a batch system's driver and the site's settings give.
    expect([...marked].sort()).toEqual(['raw_array', 'raw_directives', 'raw_prelude', 'raw_run']);
    expect(texts.join('').match(/\{\{[^}]*\|/g)).toBeNull();
  });

  it('refuse an id that is more than a name', () => {
    const job = {
      array: 'a1',
      run: 'r1',
      elements: 1,
      runFolder: '/run',
      seconds: 0,
      directives: [],
      prelude: [],
    };
    expect(renderJobScript(job)).toContain('# Array a1 of run r1: 1 element(s).');
    for (const id of ['a b', 'a\nb', '$(a)', '']) {
      expect(() => renderJobScript({ ...job, array: id })).toThrow('not an id');
      expect(() => renderJobScript({ ...job, run: id })).toThrow('not an id');
    }
  });

  it('count time in whole seconds, as the shell does', () => {
    const job = {
      array: 'a1',
      run: 'r1',
      elements: 1,
      runFolder: '/run',
      seconds: 89.2,
      directives: [],
      prelude: [],
    };
    expect(renderJobScript(job)).toContain('\nesp_limit=90\n');
  });
});

describe('a quoted word', () => {
  it.each(['dash', 'bash', 'busybox'])('stands for exactly its text in %s', (shell) => {
    const words = shell === 'busybox' ? ['sh', '-s'] : ['-s'];
    const script = [...hostileNames, '', "'", "''", '\n']
      .map((text) => `printf '%s\\0' ${shellQuote(text)}`)
      .join('\n');
    const ran = spawnSync(shell, words, { input: script, encoding: 'utf8' });
    if (ran.error) return console.warn(`skipped: ${shell} is not on this machine`);
    expect(ran.stdout.split('\0').slice(0, -1)).toEqual([...hostileNames, '', "'", "''", '\n']);
  });

  it('cannot hold a NUL', () => {
    expect(() => shellQuote('a\0b')).toThrow('NUL');
  });
});

describe('a script', () => {
  const value = `a  b * "c" 'd' $(touch pwned) \\ é`;
  /** Literals and, between them, the value. */
  const script = (...literals: readonly string[]): Command => ({
    kind: 'script',
    parts: literals.flatMap((literal, index): ScriptPart[] =>
      index === 0 ? [{ literal }] : [{ word: [{ text: value }] }, { literal }],
    ),
  });
  const paths = { input: () => '', output: () => '' };
  const say = (command: Command): string => {
    const [program = '', ...words] = commandWords(command, paths);
    return spawnSync(program, words, { encoding: 'utf8', cwd: '/' }).stdout;
  };

  it.each([
    ['outside quotes', script("printf '<%s>' ", ''), `<${value}>`],
    ['inside double quotes', script(`printf '<%s>' "x `, ` y"`), `<x ${value} y>`],
    ['inside single quotes', script("printf '<%s>' 'x ", " y'"), `<x ${value} y>`],
    [
      'inside a command inside double quotes',
      script(`printf '<%s>' "$(printf '%s|' "`, `")"`),
      `<${value}|>`,
    ],
    ['after quotes that are closed', script(`printf '<%s>' "a"'b'`, ''), `<ab${value}>`],
    ['after an escaped quote', script(`printf '<%s>' \\"`, ''), `<"${value}>`],
    ['after a quote in a comment', script(`# don't\nprintf '<%s>' `, ''), `<${value}>`],
    ['after a number sign that begins no comment', script(`printf '<%s>' a#"`, `"`), `<a#${value}>`],
    ['in a subshell', script(`(printf '<%s>' "`, `")`), `<${value}>`],
    ['twice', script(`printf '<%s>' `, ' "', '"'), `<${value}><${value}>`],
  ])('keeps a value one whole word %s', (_, command, said) => {
    expect(say(command)).toBe(said);
  });

  it('hands every value over as a parameter, never as shell', () => {
    expect(commandWords(script('echo ', ''), paths)).toEqual(['sh', '-e', '-c', 'echo "${1}"', 'sh', value]);
  });
});

describe('an element', () => {
  const task: Task = {
    id: 'a:1',
    step: 'a',
    label: '',
    dims: {},
    inputs: [10, 2, 1].map((index) => ({
      role: index === 10 ? 'a' : 'b',
      index,
      from: {
        kind: 'file',
        file: { site: 'local', path: `/in/${index}`, size: 0, mtimeMs: 0, inode: '' },
        collection: '',
        label: '',
        calibration: false,
      },
    })),
    outputs: [{ role: 'out', type: 'directory', name: 'o.zarr', check: { minSize: 1 } }],
    values: {},
    command: { kind: 'words', words: [[{ text: '--in=' }, { input: 'b', index: 2 }], [{ output: 'out' }]] },
    environment: { B: 'own', C: '3' },
    resources: { cpus: 1, gpus: 0, memory: 1, time: 1.5, scratch: 0 },
    staticKey: 'key',
    planKey: '',
  };
  const context = { runFolder: '/run', task: () => task, environment: () => ({ A: '1', B: 'of the step' }) };

  it('says everything of a task, inputs in the order of the key, its own variables over those of its step', () => {
    expect(renderElement([{ task, attempt: 2 }], context)).toBe(
      `esp_task a:1 2 key 2 '["--in=/in/2","./o.zarr"]'
esp_output out directory ./o.zarr /run/results/a/o.zarr 1 3
esp_input a 10 0 /in/10
esp_input b 1 1 /in/1
esp_input b 2 2 /in/2
esp_variable A 1
esp_variable B own
esp_variable C 3
esp_run --in=/in/2 ./o.zarr
`,
    );
  });

  it.each([
    ['my "x".tif', `'/run/results/m/my "x".tif' m:1 '"/run/results/m/my \\"x\\".tif"'`],
    ['x.tif', '/run/results/m/x.tif m:1'],
  ])(
    'names an input `%s` with its maker, and as JSON where that is more than quotation marks',
    (name, said) => {
      const maker: Task = {
        ...task,
        id: 'm:1',
        step: 'm',
        outputs: task.outputs.map((output) => ({ ...output, name })),
      };
      const reader: Task = {
        ...task,
        inputs: [{ role: 'a', index: 0, from: { kind: 'task', task: 'm:1', output: 'out' } }],
        command: { kind: 'words', words: [[{ text: 'true' }]] },
      };
      const text = renderElement([{ task: reader, attempt: 1 }], { ...context, task: () => maker });
      expect(text).toContain(`\nesp_input a 0 0 ${said}\n`);
    },
  );

  it('is found again by its line of the index, in bytes', () => {
    const file = new TaskFile();
    for (const text of ['é\n', 'two\n']) file.add(text);
    expect(file.tasks).toBe('é\ntwo\n');
    expect(file.index).toBe(`${'1 3 0'.padEnd(31)}\n${'4 4 1'.padEnd(31)}\n`);
  });

  it('puts a result below its step', () => {
    expect(resultPath('/run', { step: 'a' }, { name: 'b/c' })).toBe('/run/results/a/b/c');
  });
});
