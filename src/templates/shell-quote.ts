import { EspalierError } from '../model/index.ts';

/** One shell word that stands for exactly this text in any POSIX shell. A NUL cannot be in a word. */
export function shellQuote(text: string): string {
  if (text.includes('\0')) {
    throw new EspalierError('nul-in-word', 'a value for a command holds a NUL byte', {
      hint: 'remove it: no program can be given one as an argument',
    });
  }
  if (/^[A-Za-z0-9_./:=@%+,-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", "'\\''")}'`;
}
