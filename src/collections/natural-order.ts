import type { Scalar } from '../model/index.ts';

/**
 * Order for people: numbers by value, also inside text (`cell2` before `cell10`); everything else by code unit, so that
 * the order is the same on every machine, whatever its language.
 */
export function compareNatural(a: Scalar, b: Scalar): number {
  if (a === b) return 0;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [cut(String(a)), cut(String(b))];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = compareParts(left[i] ?? '', right[i] ?? '');
    if (order !== 0) return order;
  }
  return left.length - right.length || compareText(String(a), String(b));
}

/** Compares two records by the named values, the first name first. A missing value comes before all others. */
export function compareBy(
  names: readonly string[],
): (a: Readonly<Record<string, Scalar>>, b: Readonly<Record<string, Scalar>>) => number {
  return (a, b) => {
    for (const name of names) {
      const order = compareNatural(a[name] ?? '', b[name] ?? '');
      if (order !== 0) return order;
    }
    return 0;
  };
}

/** Text and runs of digits in turn, beginning with text. */
function cut(text: string): readonly string[] {
  return text.split(/(\d+)/);
}

function compareParts(a: string, b: string): number {
  if (!/^\d+$/.test(a) || !/^\d+$/.test(b)) return compareText(a, b);
  const [left, right] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  return left.length - right.length || compareText(left, right);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
