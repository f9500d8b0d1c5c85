/**
 * An error that no SDK exception class stands for: the errors common to all services, and those of EC2, whose API models none.
 * Source: "Common Errors" of the API references; EC2's "Error codes for the Amazon EC2 API".
 */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  readonly fault: "client" | "server";

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = status;
    this.fault = status >= 500 ? "server" : "client";
  }
}
