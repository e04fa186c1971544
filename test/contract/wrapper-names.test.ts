import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { hostileNames } from '../hostile-names.ts';
import { Bench, findShells, input, output, run } from './wrapper-bench.ts';

const folderName = `run 'a' "b" $(touch pwned) \`c\` ;\n\\d 🔬 -e`;

describe.each(findShells())('the wrapper under $name, with names that break careless software', (shell) => {
  let bench: Bench;
  afterEach(() => bench.clear());

  it('brings inputs, outputs and values of any name through, and into the record as they are', () => {
    bench = new Bench(shell, folderName);
    const specs = hostileNames.map((name, index) => {
      const text = run`cat ${input('image')} >${output('copy')}; printf '%s' ${name} "${name}" '${name}' >>${output('copy')}`;
      const words = ['sh', '-c', 'cat "$1" >"$2"; printf %s "$3$3$3" >>"$2"', 'sh'].map((word) => [
        { text: word },
      ]);
      const direct = {
        kind: 'words',
        words: [...words, [input('image')], [output('copy')], [{ text: name }]],
      } as const;
      return {
        id: `copy:${index + 1}`,
        inputs: { image: bench.file(`in/${name}`, 'content ') },
        outputs: [{ role: 'copy', name }],
        command: index % 2 === 0 ? text : direct,
      };
    });
    bench.write([specs]);
    expect(bench.start()).toMatchObject({ code: 0, stderr: '' });

    hostileNames.forEach((name, index) => {
      const task = `copy:${index + 1}`;
      expect(bench.end(task)).toMatchObject({ outcome: 'ok' });
      expect(readFileSync(bench.result(task, 'copy'), 'utf8')).toBe(`content ${name}${name}${name}`);
      const paths = bench
        .lines()
        .flatMap((line) => ('path' in line && line.task === task ? [line.path] : []));
      expect(paths).toEqual([bench.file(`in/${name}`), bench.result(task, 'copy')]);
    });
    expect(existsSync('pwned') || existsSync(`${bench.folder}/pwned`)).toBe(false);
  });

  // Many once; fewer elsewhere, as each file costs two starts of a program.
  const count = shell.name === 'dash' ? 500 : 50;

  it(`gathers ${count} files into one task`, () => {
    bench = new Bench(shell, folderName);
    const images = Array.from({ length: count }, (_, index) => bench.file(`in/image ${index}`, `${index}\n`));
    const words = [
      [{ text: 'sh' }],
      [{ text: '-c' }],
      [{ text: 'out=$1; shift; cat "$@" >"$out"' }],
      [{ text: 'sh' }],
      [output('all')],
    ];
    const many = images.map((_, index) => [input('images', index)]);
    const outputs = [{ role: 'all', name: 'all' }];
    bench.write([
      [
        {
          id: 'gather:1',
          inputs: { images },
          outputs,
          command: { kind: 'words', words: [...words, ...many] },
        },
      ],
    ]);
    expect(bench.start().code).toBe(0);
    expect(bench.end('gather:1').outcome).toBe('ok');
    expect(readFileSync(bench.result('gather:1', 'all'), 'utf8')).toBe(
      images.map((_, index) => `${index}\n`).join(''),
    );
    expect(bench.lines().filter(({ fact }) => fact === 'input')).toHaveLength(count);
  });
});
