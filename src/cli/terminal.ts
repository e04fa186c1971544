import pc from 'picocolors';

/** Where a command writes. Results go to standard output, everything about the work to standard error. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Standard error is a person's terminal: bars may move there. */
  readonly live: boolean;
  readonly colours: ReturnType<typeof pc.createColors>;
  readonly width: number;
  /** Columns that a table may take: as many as it wants where no person looks. */
  readonly room: number;
}

export function processTerminal(): Terminal {
  process.stdout.on('error', endWithReader);
  // A terminal that was told no size says 0.
  const columns = process.stdout.columns || undefined;
  return {
    out: (text) => process.stdout.write(`${text}\n`),
    err: (text) => process.stderr.write(`${text}\n`),
    live: process.stderr.isTTY === true,
    colours: pc.createColors(pc.isColorSupported && process.stdout.isTTY === true),
    width: columns ?? 100,
    room: columns ?? Number.POSITIVE_INFINITY,
  };
}

/** What reads us (`| head`) has seen enough: no error of ours. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}
