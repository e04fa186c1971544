import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { EspalierError } from '../../model/index.ts';
import type { Lineage } from '../../run/index.ts';
import { type CommonOptions, defineCommand, exitCode } from '../command.ts';
import { renderJson } from '../render/json.ts';
import { renderMadeWith } from '../render/made-with.ts';
import { oneLine } from '../render/one-line.ts';
import { showTime } from '../render/time.ts';
import { readSurroundings } from '../surroundings.ts';
import type { Terminal } from '../terminal.ts';

export const trace = defineCommand({
  command: 'trace <file>',
  describe: 'Say how a file was made, back to the raw data',
  builder: (argv: Argv<CommonOptions>) =>
    argv.positional('file', {
      type: 'string',
      demandOption: true,
      describe: 'A path, or the sha256 of a content',
    }),
  run: async (options: CommonOptions & { readonly file: string }, terminal: Terminal): Promise<number> => {
    const { withLedger } = await import('../../run/index.ts');
    return withLedger(readSurroundings(), async (ledger) => {
      const found = /^[0-9a-f]{64}$/.test(options.file)
        ? ledger.artifactBySha(options.file)?.locations[0]
        : ledger.artifactByPath(resolve(options.file));
      if (found === undefined) {
        throw new EspalierError('unknown-file', `the ledger knows no file \`${options.file}\``, {
          hint: 'give the path of a result or of an image that a run has read, or a sha256',
        });
      }
      const lineage = ledger.traceUp(found.location);
      terminal.out(
        options.output === 'json'
          ? renderJson({ file: found, ...lineage })
          : renderLineage(lineage, found.location, 0, new Set()),
      );
      return exitCode.done;
    });
  },
});

/** A file, under it what made it, and under that what it was made from. What was shown before is named, not repeated. */
function renderLineage(lineage: Lineage, location: number, depth: number, shown: Set<number>): string {
  const indent = '  '.repeat(depth);
  const file = lineage.files.find((each) => each.location === location);
  if (file === undefined) return `${indent}(not recorded)`;
  const name = `${indent}${oneLine(file.path)}  sha256 ${file.sha256.slice(0, 12)}…, ${file.size} bytes${file.state === 'present' ? '' : ` (${file.state})`}`;
  const attempt = lineage.attempts.find((each) => each.id === file.madeBy);
  if (attempt === undefined) return name;
  if (shown.has(attempt.id)) return `${name}\n${indent}  by ${attempt.task} of run ${attempt.run}, as above`;
  shown.add(attempt.id);
  const values = Object.entries(attempt.values).map(
    ([key, { value, source }]) => `${indent}    ${key} = ${oneLine(String(value))}  (${oneLine(source)})`,
  );
  const own = [
    `${indent}  by ${attempt.task} (${oneLine(attempt.label)}) of run ${attempt.run}, attempt ${attempt.attempt}, on ${attempt.host ?? 'a host not recorded'}, ended ${showTime(attempt.endedMs)}`,
    `${indent}  with ${renderMadeWith(attempt.step)}`,
    ...values,
  ];
  const inputs = attempt.inputs.map((input) => renderLineage(lineage, input.location, depth + 1, shown));
  return [name, ...own, `${indent}  from`, ...inputs].join('\n');
}
