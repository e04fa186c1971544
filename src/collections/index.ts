/**
 * File names and metadata become collections of items with dimensions and tags; items are joined and grouped. Rules
 * are pure functions; the few that look at a disk say so. This room knows nothing of workflows, steps or tasks.
 */
export { type CollectionDescription, describeCollection } from './describe-collection.ts';
export { type FileAccess, largestSettings, type SeenIdentity } from './file-access.ts';
export { groupItems } from './group-items.ts';
export type { Keyed } from './item-key.ts';
export { collectionLimits } from './limits.ts';
export { matchItems } from './match-items.ts';
export { parseNaming } from './naming.ts';
export { compareBy, compareNatural } from './natural-order.ts';
export { type CollectionPlaces, type CollectionRequest, readCollection } from './read-collection.ts';
