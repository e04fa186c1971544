import type { Collection, SourcedValue } from '../../model/index.ts';
import type { Context } from './context.ts';
import { resolveWorkflowValue } from './resolve-workflow-value.ts';
import type { Facts } from './source.ts';

/** What a value finds that depends on no item. */
export const noItem: Facts = { label: '', dims: {}, tags: {}, tagSource: '', acquisition: {} };

/** The workflow's parameters that have one value for the whole run: neither a table's row nor an acquisition gives them. */
export function runParameters(
  context: Context,
  collections: Readonly<Record<string, Collection>>,
): Readonly<Record<string, SourcedValue>> {
  const items = Object.values(collections).flatMap((collection) => collection.items.slice(0, 1));
  const columns = new Set(items.flatMap((item) => Object.keys(item.tags)));
  const shared = Object.entries(context.workflow.parameters).filter(
    ([name, parameter]) => context.settings.has(name) || (parameter.from === undefined && !columns.has(name)),
  );
  return Object.fromEntries(
    shared.flatMap(([name]): [string, SourcedValue][] => {
      const resolved = resolveWorkflowValue(context, name, noItem);
      return resolved.kind === 'value' ? [[name, resolved.value]] : [];
    }),
  );
}
