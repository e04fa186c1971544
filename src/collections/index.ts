/**
 * File names and metadata become collections of items with dimensions and tags; items are joined and grouped. Rules
 * are pure functions; the few that look at a disk say so. This room knows nothing of workflows, steps or tasks.
 */
export { type CollectionDescription, describeCollection, type Shape } from './describe-collection.ts';
export type { DimensionSummary, Grid } from './grid.ts';
export { groupItems, type ItemGroup } from './group-items.ts';
export { itemKey, type Keyed, renderLabel } from './item-key.ts';
export { type CollectionLimits, collectionLimits } from './limits.ts';
export { type MatchTitles, matchItems } from './match-items.ts';
export { type Naming, parseNaming } from './naming.ts';
export { compareBy, compareNatural } from './natural-order.ts';
export { type CollectionPlaces, type CollectionRequest, readCollection } from './read-collection.ts';
