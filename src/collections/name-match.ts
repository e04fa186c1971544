import type { Scalar } from '../model/index.ts';

/** What a file's name says of it. */
export type NameMatch =
  | {
      readonly kind: 'item';
      readonly dims: Readonly<Record<string, Scalar>>;
      readonly tags: Readonly<Record<string, Scalar>>;
    }
  | { readonly kind: 'ignored'; readonly why: string }
  /** The name belongs to the collection but cannot be trusted. */
  | { readonly kind: 'refused'; readonly why: string };
