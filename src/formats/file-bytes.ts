import { type FileHandle, open, stat } from 'node:fs/promises';
import { FormatError, toFormatError } from './format-error.ts';

/** A regular file opened for reading at any position. */
export interface FileBytes {
  readonly path: string;
  readonly size: number;
  /** Exactly `length` bytes; a `FormatError` where the file ends before. */
  read(offset: number, length: number): Promise<Buffer>;
  /** Like `read`, through a small window: cheap for many short reads that go forward. Not for concurrent use. */
  peek(offset: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

const windowBytes = 8192;
/** What one read call of the operating system may return. */
const largestRead = 2 ** 30;

/** Opens a file; folders, pipes and devices are refused before anything can wait on them. */
export async function openBytes(path: string): Promise<FileBytes> {
  try {
    const { size } = await statFile(path);
    const handle = await open(path, 'r');
    const read = (offset: number, length: number) => readExactly(handle, path, size, offset, length);
    return { path, size, read, peek: windowed(read, size), close: () => handle.close() };
  } catch (error) {
    throw toFormatError(path, error);
  }
}

async function statFile(path: string): Promise<{ size: number }> {
  const found = await stat(path);
  if (found.isDirectory()) throw new FormatError(path, 'is a folder; name a file');
  if (!found.isFile()) throw new FormatError(path, 'is not a regular file (a pipe or device); name a file');
  if (found.size === 0) throw new FormatError(path, 'is empty; copy or acquire it again');
  return found;
}

async function readExactly(
  handle: FileHandle,
  path: string,
  size: number,
  offset: number,
  length: number,
): Promise<Buffer> {
  if (offset + length > size) throw truncated(path, size, offset + length);
  const bytes = Buffer.from(new ArrayBuffer(length));
  for (let done = 0; done < length; ) {
    const wanted = Math.min(length - done, largestRead);
    const { bytesRead } = await handle.read(bytes, done, wanted, offset + done).catch((error: unknown) => {
      throw toFormatError(path, error);
    });
    if (bytesRead === 0) throw truncated(path, offset + done, offset + length);
    done += bytesRead;
  }
  return bytes;
}

export function truncated(path: string, size: number, needed: number): FormatError {
  return new FormatError(
    path,
    `is truncated: it ends after ${size} bytes but its header points to byte ${needed}; copy it again or wait until it is written`,
  );
}

/** A window over exact reads, for many short ones that go forward. */
export function windowed(read: FileBytes['read'], size: number): FileBytes['peek'] {
  let start = 0;
  let window: Buffer = Buffer.alloc(0);
  return async (offset, length) => {
    if (offset < start || offset + length > start + window.length) {
      window = await read(offset, Math.max(length, Math.min(windowBytes, size - offset)));
      start = offset;
    }
    return window.subarray(offset - start, offset - start + length);
  };
}
