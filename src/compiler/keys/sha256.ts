import crypto from 'node:crypto';

/** sha256 of a text's UTF-8 bytes, 64 lower-case hex digits. */
export const sha256: (text: string) => string =
  // In one call where Node has it (20.12, 21.7): a plan has two keys for each task, and this takes a third of the time.
  typeof crypto.hash === 'function'
    ? (text) => crypto.hash('sha256', text, 'hex')
    : (text) => crypto.createHash('sha256').update(text, 'utf8').digest('hex');
