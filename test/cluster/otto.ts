import { createHmac } from 'node:crypto';

/** otto, whom the login host asks for a password and for a code. */
export const password = 'lattice-light';

/** RFC 6238 of the secret that the test cluster gave otto. */
export function oneTimeCode(): string {
  const secret = Buffer.from('Hello!\xde\xad\xbe\xef', 'latin1'); // JBSWY3DPEHPK3PXP
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac('sha1', secret).update(counter).digest();
  const word = hash.readUInt32BE((hash.at(-1) ?? 0) & 15) & 0x7fffffff;
  return String(word % 1_000_000).padStart(6, '0');
}
