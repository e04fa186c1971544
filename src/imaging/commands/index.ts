/**
 * The command line `espalier-imaging`: reads options and files, states what memory it needs, calls the other rooms,
 * checks what comes out and writes it. It computes nothing of its own, and knows nothing of workflows.
 */
export { main } from './main.ts';
