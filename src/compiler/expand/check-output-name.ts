/** The longest name of a file or folder that the usual file systems hold, in bytes (NAME_MAX). */
const partBytes = 255;
/** Leaves room for the run's folder within PATH_MAX (4096). */
const nameBytes = 2048;

/** Most names: one part of plain letters, which no dot begins. */
const plainName = /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,200}$/;

/** What is wrong with a name below `results/STEP/`, or undefined for a plain relative path. */
export function checkOutputName(name: string): string | undefined {
  if (plainName.test(name)) return undefined;
  if (name === '') return 'is empty';
  if (name.includes('\0')) return 'holds a NUL character';
  if (/\p{Surrogate}/u.test(name)) return 'is not valid Unicode';
  if (name.startsWith('/')) return 'is an absolute path';
  if (Buffer.byteLength(name) > nameBytes) return `is longer than ${nameBytes} bytes`;
  return name.split('/').map(checkPart).find(Boolean);
}

function checkPart(part: string): string | undefined {
  if (part === '') return 'has an empty part: a slash at its end, or two in a row';
  if (part === '.' || part === '..') return `has the part \`${part}\``;
  if (Buffer.byteLength(part) > partBytes) return `has a part longer than ${partBytes} bytes`;
  return undefined;
}
