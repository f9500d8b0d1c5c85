/** What the user can mend: shown as its message, without a stack trace, and with what to do on a line of its own. */
export class CliError extends Error {
  readonly advice: string | undefined;

  constructor(message: string, advice?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CliError";
    this.advice = advice;
  }
}
