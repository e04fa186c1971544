/** Images chosen by pattern or query, and one unit of them with its dimensions and tags. */

export type Scalar = string | number | boolean;

/** Where a value came from, in the order in which sources win. */
export type Origin =
  | 'command line'
  | 'table row'
  | 'step'
  | 'workflow' // the value a workflow file sets for all steps
  | 'acquisition'
  | 'default';

export interface SourcedValue {
  readonly value: Scalar;
  readonly origin: Origin;
  /** In words: the file and line, the option, the table's row, the metadata field. */
  readonly source: string;
}

/** One fact of the acquisition's own metadata, and where it was read. */
export interface Measured {
  readonly value: number | string;
  /** `um`, `deg`, `nm`, `ms` or absent for a plain number or text. */
  readonly unit?: string;
  /** E.g. `Settings.txt: S PZT Offset, Interval (0)`. */
  readonly source: string;
}

/**
 * The acquisition fields a parameter may name with `from: acquisition.FIELD`.
 * angle (deg), dz and dr (µm; dz is the stage step as a size), planes, scan (`sample` | `objective`),
 * width, height, times, channels, wavelength (nm), date.
 */
export type Acquisition = Readonly<Record<string, Measured>>;

export type DimensionType = 'text' | 'int' | 'number';

export interface Dimension {
  readonly name: string;
  readonly type: DimensionType;
}

/** A file as a listing saw it; what content hashes are remembered by. */
export interface FileIdentity {
  readonly site: string;
  readonly path: string;
  readonly size: number;
  /** Whole milliseconds UTC. */
  readonly mtimeMs: number;
  readonly inode: string;
}

export interface Item {
  /** Unique in its collection, made of the dimensions; shown to people. */
  readonly label: string;
  /** A URI or an absolute path on the collection's site. */
  readonly location: string;
  readonly dims: Readonly<Record<string, Scalar>>;
  /** Further named values: columns of a table, later tags by hand. */
  readonly tags: Readonly<Record<string, Scalar>>;
  /** Of the table that lists it, the header being row 1. */
  readonly row?: number;
  readonly acquisition: Acquisition;
  readonly file: FileIdentity;
}

export interface Collection {
  readonly name: string;
  readonly role: 'data' | 'calibration';
  readonly dimensions: readonly Dimension[];
  /** In natural order of the dimensions. */
  readonly items: readonly Item[];
  /** What was seen and left out, and why (a processed file, a hidden file). */
  readonly ignored: readonly { readonly path: string; readonly why: string }[];
}
