import { isFailureClass, type RetryRule, type RetryRules } from '../../model/index.ts';
import type { RuleFile } from '../schema/retry-schema.ts';

/** `x2` → 2; a number alone says how often. */
export function buildRetry(given: { readonly [name: string]: RuleFile | undefined }): RetryRules {
  const rules = Object.entries(given).flatMap(([name, rule]) =>
    rule === undefined || !isFailureClass(name) ? [] : [[name, buildRule(rule)] as const],
  );
  return Object.fromEntries(rules);
}

function buildRule(rule: RuleFile): RetryRule {
  if (typeof rule === 'number') return { times: rule };
  const { times, memory, time, node, partition } = rule;
  return {
    ...(times !== undefined && { times }),
    ...(memory !== undefined && { memory: factorOf(memory) }),
    ...(time !== undefined && { time: factorOf(time) }),
    ...(node !== undefined && { node }),
    ...(partition !== undefined && { partition }),
  };
}

function factorOf(text: string): number {
  return Number(text.replace(/^[x×] ?/, ''));
}
