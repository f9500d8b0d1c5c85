/** Runs programs in containers that run already, each with a terminal of its own. */
export interface ContainerPrograms {
  /**
   * Starts a program as root. @param container the engine's id of it
   * @throws ProgramNotStartedError where the container has no such program, or does not run
   */
  start(container: string, command: readonly string[]): Promise<ContainerProgram>;
}

export interface ContainerProgram {
  /** What it writes to its terminal. Ends when it has ended, or the container has. What is not read keeps it waiting. */
  readonly output: AsyncIterable<Uint8Array>;
  write(bytes: Uint8Array): void;
  resize(size: TerminalSize): Promise<void>;
  /** Hangs up: the program is told as by a terminal that is gone, and killed where it stays. */
  hangUp(): void;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export class ProgramNotStartedError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ProgramNotStartedError";
  }
}
