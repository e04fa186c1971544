import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { imaging, scratchFolder, writeStack } from './imaging-scratch.ts';

const scratch = scratchFolder();

/** Needs the built program: workers run compiled code. */
describe('the number of threads', () => {
  it.each([
    'deskew --method shear',
    'deskew --method shear --skew y',
    'deskew --method orthogonal',
    'rotate --skew x',
    'rotate --skew y',
  ])('changes no byte of %s', async (command) => {
    const [verb = '', ...how] = command.split(' ');
    const value = (x: number, y: number, z: number): number =>
      100 + ((x * 7919 + y * 104729 + z * 1299709) % 1000);
    await writeStack(scratch.at('in.tif'), { nx: 23, ny: 17, nz: 19, value });
    const bytes = async (threads: string): Promise<Buffer> => {
      const where = ['--angle', '31.5', '--dz', '0.4', '--dr', '0.104', '--output-type', 'float32'];
      const output = scratch.at(`${threads}.tif`);
      const result = await imaging(
        verb,
        scratch.at('in.tif'),
        output,
        ...how,
        ...where,
        '--threads',
        threads,
      );
      expect(result).toMatchObject({ code: 0 });
      return readFile(output);
    };
    const alone = await bytes('1');
    for (const threads of ['2', '3']) expect((await bytes(threads)).equals(alone)).toBe(true);
  });
});
