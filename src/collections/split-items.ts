import type { Dimension, Problem } from '../model/index.ts';
import type { Inspected } from './candidate.ts';
import { someOf } from './item-key.ts';

export type SplitAxis = 'time' | 'channel';

const axisSize = { time: 't', channel: 'c' } as const;

/**
 * Makes of each file one candidate per value of the named axes inside it, counted from 0; the file stays the same.
 * Without axes all stay as they are.
 */
export function splitItems(
  files: readonly Inspected[],
  axes: readonly SplitAxis[],
  mostItems: number,
): { readonly files: readonly Inspected[]; readonly problems: readonly Problem[] } {
  if (axes.length === 0) return { files, problems: [] };
  const taken = axes.filter((axis) => files.some(({ candidate }) => Object.hasOwn(candidate.dims, axis)));
  const headless = files.filter(({ tiff }) => tiff === undefined).map(({ candidate }) => candidate.path);
  const total = files.reduce(
    (sum, { tiff }) => sum + axes.reduce((product, axis) => product * (tiff?.sizes[axisSize[axis]] ?? 1), 1),
    0,
  );
  const problems: readonly Problem[] = [
    ...taken.map((axis) => ({
      code: 'split-twice',
      message: `\`split: ${axis}\` makes a dimension \`${axis}\`, but the file names give one already`,
      hint: 'rename the one in the pattern',
    })),
    ...(headless.length > 0
      ? [
          {
            code: 'split-unreadable',
            message: `files that cannot be split: ${someOf(headless)}`,
            hint: 'only TIFF files with a readable header can be split',
          },
        ]
      : []),
    ...(total > mostItems
      ? [
          {
            code: 'collection-too-large',
            message: `splitting makes ${total} items, more than ${mostItems}`,
            hint: 'use fewer files',
          },
        ]
      : []),
  ];
  return problems.length > 0
    ? { files: [], problems }
    : { files: files.flatMap((file) => splitFile(file, axes)), problems };
}

function splitFile(file: Inspected, axes: readonly SplitAxis[]): readonly Inspected[] {
  return axes.reduce<readonly Inspected[]>(
    (parts, axis) =>
      parts.flatMap((part) =>
        Array.from({ length: file.tiff?.sizes[axisSize[axis]] ?? 1 }, (_, value) => ({
          ...part,
          candidate: { ...part.candidate, dims: { ...part.candidate.dims, [axis]: value } },
        })),
      ),
    [file],
  );
}

export function splitDimensions(
  dimensions: readonly Dimension[],
  axes: readonly SplitAxis[],
): readonly Dimension[] {
  return [...dimensions, ...axes.map((name): Dimension => ({ name, type: 'int' }))];
}
