import type {
  Acquisition,
  Collection,
  CollectionSource,
  Item,
  Scalar,
  SourceRef,
  TaskInput,
  Workflow,
} from '../../model/index.ts';

/** What is known of an item or a group: what values are taken from, and what an output carries on. */
export interface Facts {
  readonly label: string;
  readonly dims: Readonly<Record<string, Scalar>>;
  readonly tags: Readonly<Record<string, Scalar>>;
  /** Where the tags were read, in words: `samples.csv row 3`. */
  readonly tagSource: string;
  readonly acquisition: Acquisition;
}

/** An item that a task may read: a file of a collection, or an output that an earlier task will make. */
export interface SourceItem extends Facts {
  readonly from: TaskInput['from'];
  /** The file's own name (collection), or its name below the step's results: what templates see. */
  readonly name: string;
  /** Bytes of its path where known, for the length of commands. */
  readonly pathBytes: number;
  /** Of the task that makes it; absent for a file. */
  readonly planKey?: string;
}

/** The items of a collection, or of one output of a step. */
export interface Source {
  /** For people: the items of a collection or of an output. */
  readonly title: string;
  readonly items: readonly SourceItem[];
}

export type Sources = ReadonlyMap<string, Source>;

export function sourceKey(ref: SourceRef): string {
  return ref.kind === 'collection' ? ref.name : `${ref.step}.${ref.output}`;
}

/** The workflow's collections as sources. */
export function collectionSources(
  workflow: Workflow,
  collections: Readonly<Record<string, Collection>>,
): Map<string, Source> {
  return new Map(
    Object.values(collections).map((collection) => [
      collection.name,
      collectionSource(collection, workflow.collections[collection.name]),
    ]),
  );
}

function collectionSource(collection: Collection, declared: CollectionSource | undefined): Source {
  const table = declared?.table;
  return {
    title: `the items of \`${collection.name}\``,
    items: collection.items.map((item) => fileItem(item, collection, table)),
  };
}

function fileItem(item: Item, collection: Collection, table: string | undefined): SourceItem {
  const { label, dims, tags, acquisition, file } = item;
  const calibration = collection.role === 'calibration';
  return {
    label,
    dims,
    tags,
    tagSource: tagSource(item, collection, table),
    acquisition,
    from: { kind: 'file', file, collection: collection.name, label, calibration },
    name: file.path.slice(file.path.lastIndexOf('/') + 1),
    pathBytes: Buffer.byteLength(file.path),
  };
}

function tagSource(item: Item, collection: Collection, table: string | undefined): string {
  if (table === undefined) return `collection ${collection.name}`;
  return item.row === undefined ? table : `${table} row ${item.row}`;
}
