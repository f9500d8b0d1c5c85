/** Where the parts tell what the operator should know. Fields never hold a secret. */
export interface Logger {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** A defect of ours, or a failure that somebody must look at. */
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}
