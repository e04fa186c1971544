import { EspalierError } from '../model/index.ts';
import { expressionLimits } from './limits.ts';

/** Counts what one evaluation costs, before it is paid. */
export class Meter {
  #steps = 0;

  /** @param cost entries read, or characters compared */
  step(cost = 1): void {
    this.#steps += cost;
    if (this.#steps > expressionLimits.steps) {
      throw new EspalierError(
        'too-much-work',
        `the expression takes more than ${expressionLimits.steps} steps`,
        {
          hint: 'make it simpler, or let the tool do this work',
        },
      );
    }
  }

  /** Called with the length a text is going to have. */
  characters(length: number): void {
    if (length > expressionLimits.characters) {
      throw new EspalierError(
        'text-too-long',
        `the text would have ${length} characters, at most ${expressionLimits.characters} are allowed`,
        { hint: 'put long text into a file and give the tool its name' },
      );
    }
    this.step(length);
  }
}
