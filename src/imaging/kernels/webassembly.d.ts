// The parts of the WebAssembly interface that the kernels need; Node's own types do not declare them and the DOM
// library would bring the whole browser along.
declare namespace WebAssembly {
  type Exports = Readonly<Record<string, unknown>>;
  class Memory {
    constructor(size: { readonly initial: number });
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
  }
  class Instance {
    constructor(module: Module, imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>);
    readonly exports: Exports;
  }
}
