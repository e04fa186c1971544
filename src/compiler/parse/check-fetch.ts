import picomatch from 'picomatch';
import type { Step } from '../../model/index.ts';
import { among, listOf, type ParseContext, report } from './parse-context.ts';

/** A pattern of `fetch` that can fit no result is a slip; what files will be called by name is not known yet. */
export function checkFetch(context: ParseContext, steps: readonly Step[]): void {
  const { value, places } = context;
  // A step that is out of shape has outputs that nobody knows.
  if (context.hurt.size > 0 || context.problems.length > 0) return;
  const outputs = steps.flatMap(({ name, tool }) =>
    Object.keys(tool.outputs).map((role) => `${name}.${role}`),
  );
  for (const [i, pattern] of listOf(value.fetch).entries()) {
    const [step = ''] = pattern.split('/', 1);
    const fits = pattern.includes('/')
      ? steps.some(({ name }) => picomatch.isMatch(name, step))
      : outputs.some((output) => picomatch.isMatch(output, pattern));
    if (fits) continue;
    const place = places.at(typeof value.fetch === 'string' ? ['fetch'] : ['fetch', i]);
    const message = `\`${pattern}\` fits no output of a step`;
    report(
      context,
      'unknown-output',
      message,
      place,
      `${among(pattern, outputs)}; or STEP/NAME, e.g. \`${steps[0]?.name ?? 'deskew'}/*.tif\``,
    );
  }
}
