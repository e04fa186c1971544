/** A file that cannot be read or written as asked. The message is one sentence for a person and names the file. */
export class FormatError extends Error {
  readonly path: string;

  /** `problem` continues a sentence that starts with the file's name. */
  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(`${shownPath(path)} ${problem}`, options);
    this.name = 'FormatError';
    this.path = path;
  }
}

/** A path in backticks on one line, whatever characters it holds. */
export function shownPath(path: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not reach a terminal
  const quiet = path.replace(/[\u0000-\u001f\u007f-\u009f]/g, (c) => JSON.stringify(c).slice(1, -1));
  return `\`${quiet}\``;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist; check the path',
  EACCES: 'may not be opened by this user; check its permissions',
  EPERM: 'may not be opened by this user; check its permissions',
  EISDIR: 'is a folder; name a file',
  ENOTDIR: 'lies below something that is not a folder; check the path',
  ENAMETOOLONG: 'has a name too long for this file system; choose a shorter one',
  ENOSPC: 'could not be written because the disk is full; free some space',
  EDQUOT: 'could not be written because the disk quota is used up; free some space',
  EROFS: 'could not be written because the file system is read-only',
  ELOOP: 'is a symbolic link that leads back to itself',
  EMFILE: 'could not be opened because too many files are open; read fewer at once',
  EIO: 'could not be read or written because of a disk error',
  EEXIST: 'exists already',
};

/** Turns an operating system's error into a `FormatError`; every other error passes unchanged. */
export function toFormatError(path: string, error: unknown): unknown {
  if (error instanceof FormatError || !(error instanceof Error) || !('code' in error)) return error;
  const code = String(error.code);
  const reason = reasons[code] ?? (code.startsWith('E') ? `could not be used (${code})` : undefined);
  return reason === undefined ? error : new FormatError(path, reason, { cause: error });
}
