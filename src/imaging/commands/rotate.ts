import { planRotation } from '../geometry/index.ts';
import { scanOf } from './scan.ts';
import { checkOutput, openStack, shapeOf } from './stack.ts';
import type { Streams } from './streams.ts';
import { choiceOf, inputAndOutput, numberOf } from './values.ts';
import type { Arguments } from './verb.ts';
import { writeUpright } from './write-upright.ts';

export async function runRotate(args: Arguments, streams: Streams): Promise<void> {
  const { options } = args;
  const [input, output] = inputAndOutput(args);
  const zDirection = choiceOf(options, 'z-direction', ['forward', 'backward']);
  const fill = numberOf(options, 'fill') ?? 0;
  await checkOutput(output, [input]);
  const image = await openStack(input);
  try {
    const upright = scanOf(image, options, streams);
    // The plan counts in stage steps; the planes of a deskewed stack are a step · sin θ apart.
    const scan = { ...upright, dz: upright.dz / upright.angle.sin };
    const plan = planRotation(shapeOf(image), scan, zDirection);
    const operation = `rotate(angle=${scan.angle.degrees}, dz=${upright.dz}, dr=${scan.dr}, skew=${scan.skew}, linear, fill=${fill})`;
    await writeUpright(image, output, { plan, operation, fill, options, streams });
  } finally {
    await image.close();
  }
}
