/** Thrown while a template is read, caught in `compileTemplate`. Offsets count characters from 0. */
export class TemplateFault extends Error {
  readonly code: string;
  readonly offset: number;
  readonly length: number;
  readonly hint: string | undefined;

  constructor(code: string, message: string, offset: number, length = 1, hint?: string) {
    super(message);
    this.code = code;
    this.offset = offset;
    this.length = length;
    this.hint = hint;
  }
}
