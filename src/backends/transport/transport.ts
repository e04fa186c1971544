/** How a site is reached: run a command there, put files, read files. Each kind of transport runs one contract suite. */
export interface Transport {
  /** Runs POSIX shell text on the site. Resolves with the exit code whatever it is; rejects when the site cannot be reached. */
  run(script: string, options?: RunOptions): Promise<Ran>;
  /** Writes files in one stream, making folders as needed (0700); each appears whole or not at all. */
  put(files: Iterable<SiteFile>): Promise<void>;
  /** Bytes of a file from an offset, at most `limit`; undefined when there is no such file. */
  read(
    path: string,
    range?: { readonly offset?: number; readonly limit?: number },
  ): Promise<Uint8Array | undefined>;
  /** Sends a file of this machine, whatever its size; it appears whole, with this sha256 (hex), or not at all. */
  upload(localPath: string, sitePath: string, sha256: string): Promise<void>;
  /** Sends many small files in one stream; each appears whole, with its sha256 (hex), or not at all. */
  uploadMany(files: readonly SentFile[]): Promise<void>;
  /** Fetches a file of the site, whatever its size; it appears whole, with this sha256 (hex) if one is given, or not at all. Gives the one it has. */
  download(sitePath: string, localPath: string, sha256?: string): Promise<string>;
  /** Fetches many small files in one stream. Gives their sha256 (hex), in order; undefined where there is no such file. */
  downloadMany(files: readonly FetchedFile[]): Promise<readonly (string | undefined)[]>;
  close(): Promise<void>;
}

export interface SentFile {
  readonly localPath: string;
  readonly sitePath: string;
  readonly sha256: string;
}

export interface FetchedFile {
  readonly sitePath: string;
  readonly localPath: string;
  /** Put into place only with this content; absent: with any. */
  readonly sha256?: string;
}

export interface RunOptions {
  readonly stdin?: string;
  /** Milliseconds after which the command is ended and the promise rejects. */
  readonly timeoutMs?: number;
  /** In a session of its own, so that what it leaves behind outlives us and can be ended as a group. */
  readonly detached?: boolean;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  /** The same, as bytes. */
  readonly bytes: Uint8Array;
  readonly stderr: string;
}

export interface SiteFile {
  readonly path: string;
  readonly content: string | Uint8Array;
  readonly executable?: boolean;
}
