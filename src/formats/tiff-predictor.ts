import { FormatError } from './format-error.ts';
import { bytesPerPixel, bytesToPlane } from './pixels.ts';
import type { TiffPage } from './tiff-page.ts';

/**
 * Undoes, in place, the differences that a writer took before compressing: predictor 2 (each pixel minus its left
 * neighbour, TIFF 6.0 section 14) and 3 (bytes of floats split into planes, Adobe's TIFF technical note 3).
 */
export function undoPredictor(path: string, page: TiffPage, block: Buffer): void {
  if (page.predictor === 1) return;
  const row = page.blockWidth * bytesPerPixel[page.pixelType];
  for (let start = 0; start + row <= block.length; start += row) {
    const bytes = block.subarray(start, start + row);
    if (page.predictor === 2 && page.pixelType !== 'float32') addLeftNeighbours(bytes, page);
    else if (page.predictor === 3 && page.pixelType === 'float32') joinFloatBytes(bytes);
    else
      throw new FormatError(path, `uses predictor ${page.predictor} on ${page.pixelType}; save it without`);
  }
}

function addLeftNeighbours(bytes: Buffer, page: TiffPage): void {
  const pixels = bytesToPlane(bytes, page.pixelType);
  // Typed arrays wrap around as the predictor does.
  for (let i = 1; i < pixels.length; i++) pixels[i] = (pixels[i] ?? 0) + (pixels[i - 1] ?? 0);
  if (pixels.buffer !== bytes.buffer) bytes.set(new Uint8Array(pixels.buffer));
}

/** The row holds all first (most significant) bytes, then all second bytes, and so on, as byte differences. */
function joinFloatBytes(bytes: Buffer): void {
  for (let i = 1; i < bytes.length; i++) bytes[i] = (bytes[i] ?? 0) + (bytes[i - 1] ?? 0);
  const planes = Uint8Array.from(bytes);
  const count = bytes.length / 4;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const hostIsLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
  for (let i = 0; i < count; i++) {
    let bits = 0;
    for (let k = 0; k < 4; k++) bits = (bits << 8) | (planes[k * count + i] ?? 0);
    view.setInt32(i * 4, bits, hostIsLittle);
  }
}
