import type { KeyDifference } from '../compiler/index.ts';

/** What changed of a key, as words of one line. Of long texts the part where they begin to differ is shown. */
export function describeDifference({ component, from, to }: KeyDifference): string {
  const [was, is] = [shown(from), shown(to)];
  const same = commonStart(was, is);
  return `${component}: ${excerpt(was, same)} → ${excerpt(is, same)}`;
}

function shown(value: KeyDifference['from']): string {
  return value === null ? 'nothing' : String(value);
}

const width = 60;
/** Of what both have in common, so much is shown before the difference. */
const before = 20;

function excerpt(text: string, same: number): string {
  if (text.length <= width) return text;
  const start = Math.max(0, Math.min(same - before, text.length - width));
  const end = start + width;
  return `${start > 0 ? '…' : ''}${text.slice(start, end)}${end < text.length ? '…' : ''}`;
}

function commonStart(one: string, other: string): number {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  return at;
}
