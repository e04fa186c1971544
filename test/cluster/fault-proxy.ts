import { createServer, connect as dial, type Server, type Socket } from 'node:net';

/** A door in front of a host, that can be shut: real sockets, with faults made on purpose. */
export class FaultProxy {
  /** `pass` lets through, `close` hangs up on whoever comes, `silent` says nothing. */
  mode: 'pass' | 'close' | 'silent' = 'pass';
  /** Of those that came, how many were not let through. */
  refused = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(host: string, port: number) {
    this.#server = createServer((socket) => this.#take(socket, host, port));
  }

  static async open(host: string, port: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(host, port);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Ends every connection that goes through it. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(socket: Socket, host: string, port: number): void {
    this.#keep(socket);
    if (this.mode !== 'pass') this.refused++;
    if (this.mode === 'close') socket.destroy();
    if (this.mode !== 'pass') return;
    const inner = this.#keep(dial(port, host));
    socket.pipe(inner).pipe(socket);
    inner.on('close', () => socket.destroy());
    socket.on('close', () => inner.destroy());
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.on('error', () => {}); // cut on purpose
    socket.on('close', () => this.#sockets.delete(socket));
    return socket;
  }
}
