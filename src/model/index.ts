/**
 * The words of the product as types: ids, states and their successors, workflow, plan, task, quantities, problems,
 * records and events. It knows no file, no clock, no library, and imports nothing.
 */
export * from './collection.ts';
export * from './event.ts';
export * from './failure.ts';
export * from './ids.ts';
export * from './plan.ts';
export * from './problem.ts';
export * from './quantities.ts';
export * from './record.ts';
export * from './site.ts';
export * from './states.ts';
export * from './suggest.ts';
export * from './tool.ts';
export * from './workflow.ts';
