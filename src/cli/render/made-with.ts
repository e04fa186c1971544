import type { PlannedStep } from '../../model/index.ts';
import { oneLine } from './one-line.ts';

/** What computes a step, as it was planned: its tool, its engine where there is a choice, its image with the digest. */
export function renderMadeWith({ tool, engine, container }: PlannedStep): string {
  const engineText = engine === undefined ? '' : `, engine ${engine}`;
  const image = container === undefined ? '' : `, in ${oneLine(container.image)} ${container.digest ?? ''}`;
  return `${tool.name} ${tool.version}${engineText}${image}`;
}
