import { openTiff } from '../../../src/formats/index.ts';
import { createVolume, type Volume } from '../../../src/imaging/volume.ts';

/** All planes of a one-channel stack. */
export async function readStack(path: string): Promise<Volume> {
  const tiff = await openTiff(path);
  const volume = createVolume(tiff.width, tiff.height, tiff.sizes.z);
  for (let z = 0; z < tiff.sizes.z; z++) {
    volume.data.set(await tiff.readPlane({ z, c: 0, t: 0 }), z * tiff.width * tiff.height);
  }
  await tiff.close();
  return volume;
}
