import type { Place, Problem } from '../model/index.ts';
import { displayWidth, printable } from './display-width.ts';

/** Characters of a source line shown on either side of what is meant. */
const around = 60;

/**
 * A problem for people: file:line:column, what is wrong, the line with a caret below it, what to do. No colour; no
 * control character of the author's gets through.
 */
export function renderProblem(problem: Problem): string {
  const { place } = problem;
  const where = place === undefined ? '' : `${place.file}:${place.line}:${place.column}: `;
  const kind = problem.severity === 'warning' ? 'warning: ' : '';
  const lines = [`${printable(where)}${kind}${printable(problem.message)} [${problem.code}]`];
  if (place !== undefined) lines.push(...renderSource(place));
  if (problem.hint !== undefined) lines.push(`  = ${printable(problem.hint)}`);
  if (problem.acknowledge !== undefined) lines.push(`  = to accept it: --acknowledge ${problem.acknowledge}`);
  return lines.join('\n');
}

function renderSource(place: Place): string[] {
  const at = place.column - 1;
  const from = at > around ? at - around : 0;
  const to = Math.min(place.source.length, at + place.length + around);
  const cut = from > 0 ? '…' : '';
  const before = cut + printable(place.source.slice(from, at));
  const meant = printable(place.source.slice(at, at + place.length));
  const after = printable(place.source.slice(at + place.length, to)) + (to < place.source.length ? '…' : '');
  const number = String(place.line);
  const caret = ' '.repeat(displayWidth(before)) + '^'.repeat(Math.max(1, displayWidth(meant)));
  return [`  ${number} | ${before}${meant}${after}`.trimEnd(), `  ${' '.repeat(number.length)} | ${caret}`];
}
