import { join } from 'node:path';

/** Everything the library takes from its surroundings; the command line fills it in. */
export interface Settings {
  /** Where espalier keeps its own things: ledger, sites, caches. `ESPALIER_HOME` on the command line. */
  readonly home: string;
  /** Where runs of the local site lie; each gets a folder. */
  readonly work: string;
  /** Milliseconds UTC. */
  readonly clock: () => number;
  /** A few random characters of `[a-z0-9]`, for ids. */
  readonly random: () => string;
  readonly user: string;
  readonly host: string;
  readonly version: string;
  /** Folders with tool descriptors; earlier ones win. */
  readonly toolFolders: readonly string[];
  /** Folders where images and definition files are looked for by name, after the folder of what names them. */
  readonly containerFolders: readonly string[];
  /** Folders with site profiles (`NAME.yaml`); earlier ones win. */
  readonly siteFolders: readonly string[];
  /** The `ssh` program, and a private folder for its control sockets. */
  readonly ssh: {
    readonly program: string;
    readonly controlFolder: string;
    /** Socket of the agent, for the built-in client. */
    readonly agent?: string | undefined;
    /** Asks a person; absent where there is no terminal. */
    readonly prompt?: ((question: string, hidden: boolean) => Promise<string>) | undefined;
  };
  /** Programs that come with espalier, by name: the words that start each. They are put on the PATH of tasks. */
  readonly programs: Readonly<Record<string, readonly string[]>>;
  /** What this machine gives to the tasks of one run. */
  readonly capacity: { readonly cpus: number; readonly gpus: number; readonly memory: number };
}

export function ledgerPath(settings: Pick<Settings, 'home'>): string {
  return join(settings.home, 'ledger.sqlite');
}

/** `20261122-093015-k3f9`: sorts by time, says when, and is not likely to be given twice. */
export function newRunId(settings: Settings): string {
  const stamp = new Date(settings.clock()).toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${stamp}-${settings.random()}`;
}
