import type { Readable } from 'node:stream';

/** Servers allow ten sessions on one connection unless told otherwise. */
export const mostChannels = 8;

/**
 * A connection on which commands are run: all that the two ways of SSH do differently. One control connection, at most
 * eight commands at once; what is above it (scripts, files) is written once for both.
 */
export interface Channels {
  /**
   * Runs one line of text in the login shell, whatever that is; the text therefore holds only words that sh, csh and fish read alike.
   * Rejects when the site cannot be reached, the connection breaks, or `timeoutMs` has passed.
   */
  exec(command: string, options: ExecOptions): Promise<Executed>;
  close(): Promise<void>;
}

/** What a command reads. A function gives the same bytes each time, so that a command which never began can be sent again. */
export type Input = string | Uint8Array | Readable | (() => Readable);

export interface ExecOptions {
  readonly stdin?: Input;
  readonly timeoutMs?: number;
  /** Gets standard output as it comes; then `Executed.stdout` is empty. Its promise holds the next piece back. */
  readonly onData?: (chunk: Buffer) => void | Promise<void>;
}

export interface Executed {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}
